package broker_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/hubtape/hubtape/broker"
	"github.com/hubtape/hubtape/mqtt"
)

// mosquittoHash is what mosquitto_passwd 2.0 wrote for the password "secret".
const mosquittoHash = "$7$101$pTpciFjqpQz51ef7$EE+FExbjPVcXJB0Ncz2AnPu7TPFzoSbdWXrgFPP415DCUu4bCEzXDBRyCim/f47XnVC75dnWxGl1/fegdRj9qQ=="

func TestPasswords(t *testing.T) {
	own, err := broker.HashPassword("secret")
	require.NoError(t, err)
	other, err := broker.HashPassword("secret")
	require.NoError(t, err)
	require.NotEqual(t, own, other, "each hash has its own salt")
	for _, stored := range []string{own, mosquittoHash, "secret"} {
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
	} {
		_, err := broker.NewUsers(list...)
		require.ErrorIs(t, err, broker.ErrOptions)
		require.ErrorContains(t, err, `user "a"`)
	}
	_, err := broker.NewUsers(broker.User{Name: "a", Read: []string{"a#"}})
	require.ErrorIs(t, err, mqtt.ErrFilter)
}
