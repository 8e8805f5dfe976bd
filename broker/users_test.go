package broker_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/mqtt"
)

// oldMosquittoHash is SHA-512 of "secret" and "salt", as mosquitto 1 has it.
const oldMosquittoHash = "$6$c2FsdA==$E491yrR9AdCoE7rbOPYS3EZgSuZpVE65AD9xko08s6floNesY/Zpe9zMVvLix4S2FiQSJ99RIkNvhHomNO9uLw=="

// mosquittoHash is what mosquitto_passwd 2.0 wrote for the password "secret".
const mosquittoHash = "$7$101$pTpciFjqpQz51ef7$EE+FExbjPVcXJB0Ncz2AnPu7TPFzoSbdWXrgFPP415DCUu4bCEzXDBRyCim/f47XnVC75dnWxGl1/fegdRj9qQ=="

func TestPasswords(t *testing.T) {
	own, err := broker.HashPassword("secret")
	require.NoError(t, err)
	other, err := broker.HashPassword("secret")
	require.NoError(t, err)
	require.NotEqual(t, own, other, "each hash has its own salt")
	for _, stored := range []string{own, mosquittoHash, oldMosquittoHash, "secret"} {
		u, err := broker.NewUsers(broker.User{Name: "u", Password: stored})
		require.NoError(t, err)
		require.True(t, u.Authenticate(broker.Login{User: "u", Password: []byte("secret")}), stored)
		require.False(t, u.Authenticate(broker.Login{User: "u", Password: []byte("Secret")}), stored)
		require.False(t, u.Authenticate(broker.Login{User: "u"}), stored)
	}
}

func TestUsersWithoutANameNeedAnEntry(t *testing.T) {
	u, err := broker.NewUsers(broker.User{Name: "u"})
	require.NoError(t, err)
	require.False(t, u.Authenticate(broker.Login{}))
	u, err = broker.NewUsers(broker.User{Read: []string{"public/#"}, Write: []string{}})
	require.NoError(t, err)
	require.True(t, u.Authenticate(broker.Login{}))
	require.True(t, u.MayRead("", "c", "public/x"))
	require.False(t, u.MayRead("", "c", "private"))
	require.False(t, u.MayPublish("", "c", "public/x"))
}

func TestNewUsersSaysWhatIsWrong(t *testing.T) {
	for _, list := range [][]broker.User{
		{{Name: "a"}, {Name: "a"}},
		{{Name: "a", Password: "$7$x$y$z"}},
		{{Name: "a", Password: "$7$10$YQ==$YQ=="}},
		{{Name: "a", Password: "$7$"}},
		{{Name: "a", Password: "$7$0$YQ==$" + mosquittoHash[len(mosquittoHash)-88:]}},
		{{Name: "a", Password: "$7$1000000000$YQ==$" + mosquittoHash[len(mosquittoHash)-88:]}},
		{{Name: "a", Password: "$6$"}},
		{{Name: "a", Password: "$6$YQ==$YQ=="}},
		{{Name: "a", Password: "$7$YQ==$" + mosquittoHash[len(mosquittoHash)-88:]}},
		{{Name: "a", Password: "$6$1$YQ==$" + mosquittoHash[len(mosquittoHash)-88:]}},
	} {
		_, err := broker.NewUsers(list...)
		require.ErrorIs(t, err, broker.ErrOptions)
		require.ErrorContains(t, err, `user "a"`)
	}
	_, err := broker.NewUsers(broker.User{Name: "a", Read: []string{"a#"}})
	require.ErrorIs(t, err, mqtt.ErrFilter)
}

// %u and %c stand for the user and the client, and for nothing with which one
// could reach further.
func TestUserPatterns(t *testing.T) {
	u, err := broker.NewUsers(
		broker.User{Name: "ann", Read: []string{"u/%u/#", "c/%c", "plain"}, Write: []string{"%u/%c"}},
		broker.User{Name: "a/b", Read: []string{"u/%u/#"}},
		broker.User{Name: "", Read: []string{"u/%u/x", "c/%c"}},
	)
	require.NoError(t, err)
	for _, c := range []struct {
		user, id, topic string
		reads, writes   bool
	}{
		{"ann", "1", "u/ann/x", true, false},
		{"ann", "1", "u/bob/x", false, false},
		{"ann", "1", "c/1", true, false},
		{"ann", "1", "c/2", false, false},
		{"ann", "1", "ann/1", false, true},
		{"ann", "1", "plain", true, false},
		{"ann", "+", "c/2", false, false},
		{"ann", "#", "ann/x", false, false},
		{"ann", "x/y", "ann/x/y", false, false},
		{"ann", "+", "plain", true, false},
		{"a/b", "1", "u/a/b/x", false, true},
		{"", "1", "c/1", true, true},
		{"", "1", "u//x", false, true},
	} {
		require.Equal(t, c.reads, u.MayRead(c.user, c.id, c.topic), "%+v", c)
		require.Equal(t, c.writes, u.MayPublish(c.user, c.id, c.topic), "%+v", c)
	}
}
