namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>Connections to store.</summary>
internal static class TestConnections
{
    public static readonly DateTimeOffset Noon = new(2031, 5, 6, 12, 0, 0, TimeSpan.Zero);

    public static AirwallexConnection Create(string accountId = "acct_AcFEnD6CMgOvuFYLgFCw9A") => new()
    {
        AccountId = accountId,
        ConnectedAt = Noon,
        RenewAt = Noon.AddDays(60),
        Tokens = new TokenSet
        {
            AccountId = accountId,
            AccessToken = $"access-{Guid.NewGuid():N}",
            AccessTokenExpiresAt = Noon.AddMinutes(5),
            RefreshToken = $"refresh-{Guid.NewGuid():N}",
            RefreshTokenExpiresAt = Noon.AddDays(90),
            Scopes = ["balance:read"],
            IssuedAt = Noon,
        },
    };

    public static async Task<AirwallexConnection> SaveAsync(this ITokenStore store, AirwallexConnection connection)
    {
        Assert.True(await store.TrySaveAsync(connection));
        return connection with { Version = connection.Version + 1 };
    }

    public static async Task<List<AirwallexConnection>> ListAllAsync(this ITokenStore store, ConnectionFilter? filter = null) =>
        await store.ListAsync(filter ?? new ConnectionFilter()).ToListAsync();
}
