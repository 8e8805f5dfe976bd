package jsontext_test

import (
	"fmt"
	"testing"

	"github.com/hubtape/hubtape/internal/jsontext"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"
)

func TestMembers(t *testing.T) {
	for object, want := range map[string]string{
		`{}`:                                "",
		`{"b":1,"a":{"z":2,"y":3},"c":[4]}`: `a={"z":2,"y":3} b=1 c=[4] `,
		`{"a":1,"b":2,"a":3,"\u0061":4}`:    "a=4 b=2 ",
	} {
		got := ""
		for _, m := range jsontext.Members(gjson.Parse(object)) {
			got += fmt.Sprintf("%s=%s ", m.Key, m.Value.Raw)
		}
		require.Equal(t, want, got, object)
	}
}
