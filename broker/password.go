package broker

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Of the hashes that HashPassword makes. The iterations are OWASP's advice for
// PBKDF2 with SHA-512 (2023).
const (
	hashIterations = 210_000
	hashSaltBytes  = 16
	hashKeyBytes   = 64
	hashPrefix     = "$7$"
	// mostIterations is a minute of work or so: a longer login is a mistake.
	mostIterations = 100_000_000
)

// oldPrefix is that of mosquitto 1's hashes: SHA-512 of the password and the
// salt, once.
const oldPrefix = "$6$"

// passwordHash is PBKDF2 with SHA-512, in mosquitto's format 7, or its format 6.
type passwordHash struct {
	iterations int // 0: format 6
	salt, key  []byte
}

// HashPassword returns a hash to keep in place of a password, in the format of
// mosquitto_passwd. Each call gives another, with its own random salt.
func HashPassword(password string) (string, error) {
	salt := make([]byte, hashSaltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("cannot hash a password: %w", err)
	}
	key, err := pbkdf2.Key(sha512.New, password, salt, hashIterations, hashKeyBytes)
	if err != nil {
		return "", fmt.Errorf("cannot hash a password: %w", err)
	}
	enc := base64.StdEncoding
	return hashPrefix + strconv.Itoa(hashIterations) + "$" + enc.EncodeToString(salt) + "$" + enc.EncodeToString(key), nil
}

// IsHash reports whether a password is given as a hash, by how it begins.
func IsHash(password string) bool {
	return strings.HasPrefix(password, hashPrefix) || strings.HasPrefix(password, oldPrefix)
}

var errHash = errors.New("the password hash is neither $7$iterations$salt$hash nor $6$salt$hash: make one with mosquitto_passwd")

func parseHash(s string) (*passwordHash, error) {
	h := &passwordHash{}
	part := strings.Split(s, "$")[1:] // 7, iterations, salt, key; or 6, salt, key
	if part[0] == "7" && len(part) == 4 {
		n, err := strconv.Atoi(part[1])
		if err != nil || n < 1 || n > mostIterations {
			return nil, errHash
		}
		h.iterations = n
		part = part[1:]
	} else if part[0] == "7" {
		return nil, errHash
	}
	if len(part) != 3 {
		return nil, errHash
	}
	var err error
	if h.salt, err = base64.StdEncoding.DecodeString(part[1]); err != nil {
		return nil, errHash
	}
	if h.key, err = base64.StdEncoding.DecodeString(part[2]); err != nil || len(h.key) != hashKeyBytes {
		return nil, errHash
	}
	return h, nil
}

func (h *passwordHash) matches(password []byte) bool {
	if h.iterations == 0 {
		sum := sha512.Sum512(append(password[:len(password):len(password)], h.salt...))
		return subtle.ConstantTimeCompare(sum[:], h.key) == 1
	}
	key, err := pbkdf2.Key(sha512.New, string(password), h.salt, h.iterations, len(h.key))
	return err == nil && subtle.ConstantTimeCompare(key, h.key) == 1
}
