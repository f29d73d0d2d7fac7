namespace ConnectPortal.Data;

/// <summary>
/// What the portal knows about a connected account. A real application links the account with its tenant here.
/// </summary>
public sealed class Business
{
    public required string AccountId { get; init; }

    public required string Name { get; set; }
}
