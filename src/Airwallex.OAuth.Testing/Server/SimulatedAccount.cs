namespace Airwallex.OAuth.Testing;

/// <summary>
/// An Airwallex account and the person who owns it. Guarded by the lock of its <see cref="AuthorizationServer"/>.
/// </summary>
internal sealed class SimulatedAccount(
    string id, string businessName, string email, DateTimeOffset createdAt, int wealth)
{
    public string Id => id;
    public string BusinessName => businessName;
    public string Email => email;
    public DateTimeOffset CreatedAt => createdAt;

    /// <summary>What the balances are made from, in cents.</summary>
    public int Wealth => wealth;

    /// <summary>Everything this account's users ever granted, oldest first.</summary>
    public List<TokenFamily> Families { get; } = [];
}
