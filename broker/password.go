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
)

// passwordHash is PBKDF2 with SHA-512, in mosquitto's format 7.
type passwordHash struct {
	iterations int
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

func isHash(password string) bool { return strings.HasPrefix(password, hashPrefix) }

var errHash = errors.New("the password hash is not $7$iterations$salt$hash: make one with mosquitto_passwd")

func parseHash(s string) (*passwordHash, error) {
	part := strings.Split(s, "$") // "", "7", iterations, salt, key
	if len(part) != 5 {
		return nil, errHash
	}
	n, err := strconv.Atoi(part[2])
	if err != nil || n < 1 {
		return nil, errHash
	}
	salt, err := base64.StdEncoding.DecodeString(part[3])
	if err != nil {
		return nil, errHash
	}
	key, err := base64.StdEncoding.DecodeString(part[4])
	if err != nil || len(key) != hashKeyBytes {
		return nil, errHash
	}
	return &passwordHash{iterations: n, salt: salt, key: key}, nil
}

func (h *passwordHash) matches(password []byte) bool {
	key, err := pbkdf2.Key(sha512.New, string(password), h.salt, h.iterations, len(h.key))
	return err == nil && subtle.ConstantTimeCompare(key, h.key) == 1
}
