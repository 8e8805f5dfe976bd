package eventstore_test

import (
	"fmt"
	"os"

	"github.com/hubtape/hubtape/core/proactor/eventstore"
	"github.com/hubtape/hubtape/core/proactor/eventstore/storetest"
)

func Example() {
	dir, _ := os.MkdirTemp("", "events")
	defer os.RemoveAll(dir)
	store, _, err := eventstore.OpenFiles(eventstore.Options{Path: dir, Clock: &storetest.Clock{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = store.Persist("5f0c", []byte(`{"state":"on"}`))
	fmt.Println("stored:", err == nil)
	told, err := store.Persist("5f0c", []byte(`{"state":"off"}`))
	fmt.Println("stored:", err == nil, "warnings:", told.WarningCount())
	content, _, _ := store.Retrieve("5f0c")
	fmt.Println(store.Pending(), string(content))
	// Output:
	// stored: true
	// stored: true warnings: 1
	// [5f0c] {"state":"off"}
}
