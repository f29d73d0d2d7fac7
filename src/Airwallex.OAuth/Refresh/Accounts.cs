using System.Collections.Concurrent;

namespace Airwallex.OAuth;

/// <summary>The accounts that this process has touched lately. Lock-free to read; thread-safe.</summary>
internal sealed class Accounts(RefreshRuntime runtime)
{
    /// <summary>An access token that expired this long ago tells that nobody calls the API for the account.</summary>
    private static readonly TimeSpan IdleAfterExpiry = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Account> _accounts = new(StringComparer.Ordinal);

    public Account? Find(string accountId) => _accounts.GetValueOrDefault(accountId);

    public Account Get(string accountId) => _accounts.GetOrAdd(accountId, static id => new Account(id));

    /// <summary>Lets go of accounts that nobody uses. What matters about them is in the store.</summary>
    public void LetIdleOnesGo()
    {
        var now = runtime.Now;
        foreach (var (id, account) in _accounts)
        {
            if (!IsIdle(account, now) || !account.Gate.Wait(0))
            {
                continue;
            }

            try
            {
                // Looked at again inside the gate: a refresh may have begun meanwhile.
                if (IsIdle(account, now))
                {
                    account.Retired = true;
                    _accounts.TryRemove(new KeyValuePair<string, Account>(id, account));
                }
            }
            finally
            {
                account.Gate.Release();
            }
        }
    }

    private static bool IsIdle(Account account, DateTimeOffset now) =>
        account.Flight is null or { IsOver: true }
        && new DateTimeOffset(account.Token.ExpiresAtTicks, TimeSpan.Zero) < now - IdleAfterExpiry
        && (account.Pause is null || account.Pause.Until + IdleAfterExpiry < now)
        && account.Unsent is null && (account.Sighting is null || account.Sighting.Last + IdleAfterExpiry < now);
}
