package redact_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/hubtape/hubtape/recorder/redact"
)

func TestLoadKey(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "folder", "redaction-key")
	var keys [8][]byte
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			var err error
			if keys[i], err = redact.LoadKey(path); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, k := range keys {
		if len(k) != redact.KeyBytes || !bytes.Equal(k, keys[0]) {
			t.Errorf("keys %x and %x", k, keys[0])
		}
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("the folder holds %v (%v)", left, err)
	}
	if exposed, err := redact.KeyIsExposed(path); exposed || err != nil {
		t.Errorf("a new key is exposed: %v, %v", exposed, err)
	}
	other, err := redact.LoadKey(path + "2")
	if err != nil || bytes.Equal(other, keys[0]) {
		t.Errorf("two files hold one key (%v)", err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key has %v (%v)", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if exposed, err := redact.KeyIsExposed(path); !exposed || err != nil {
		t.Errorf("a key that the group may read is not exposed: %v", err)
	}
	if again, err := redact.LoadKey(path); err != nil || !bytes.Equal(again, keys[0]) {
		t.Errorf("and is not loaded: %v", err)
	}
}

func TestLoadKeyRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"empty": "", "short": strings.Repeat("a", 62), "long": strings.Repeat("a", 66), "letters": strings.Repeat("x", 64), "huge": strings.Repeat("a", 1<<20),
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if key, err := redact.LoadKey(path); !errors.Is(err, redact.ErrKey) || key != nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %x, %v", name, key, err)
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != text {
			t.Errorf("%s was overwritten", name)
		}
	}
	if _, err := redact.LoadKey(dir); err == nil {
		t.Error("a folder is a key")
	}
	if _, err := redact.LoadKey(filepath.Join(dir, "empty", "key")); err == nil {
		t.Error("a key was made within a file")
	}
	if _, err := redact.KeyIsExposed(filepath.Join(dir, "none")); err == nil {
		t.Error("what is not there is not exposed")
	}
}

func TestLoadKeyWithoutLinks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	redact.WithoutLinks(func() {
		key, err := redact.LoadKey(path)
		if err != nil || len(key) != redact.KeyBytes {
			t.Fatalf("%x, %v", key, err)
		}
		if again, err := redact.LoadKey(path); err != nil || !bytes.Equal(again, key) {
			t.Errorf("%x, then %x (%v)", key, again, err)
		}
		if exposed, err := redact.KeyIsExposed(path); exposed || err != nil {
			t.Errorf("it is exposed (%v)", err)
		}
	})
}
