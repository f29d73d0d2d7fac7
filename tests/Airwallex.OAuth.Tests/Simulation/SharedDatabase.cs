namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>The one database of all instances, and what ever stood in it.</summary>
internal sealed class SharedDatabase
{
    private readonly SortedDictionary<string, AirwallexConnection> _rows = new(StringComparer.Ordinal);

    public bool IsDown { get; set; }

    /// <summary>Every access token that was ever saved.</summary>
    public HashSet<string> SavedAccessTokens { get; } = new(StringComparer.Ordinal);

    /// <summary>Every refresh token that was ever saved.</summary>
    public HashSet<string> SavedRefreshTokens { get; } = new(StringComparer.Ordinal);

    public IEnumerable<AirwallexConnection> Rows => _rows.Values;

    public bool Any(Func<AirwallexConnection, bool> which)
    {
        foreach (var (_, row) in _rows)
        {
            if (which(row))
            {
                return true;
            }
        }

        return false;
    }

    public AirwallexConnection? Find(string accountId) => _rows.GetValueOrDefault(accountId);

    public bool TrySave(AirwallexConnection connection, bool overwrite)
    {
        var stored = Find(connection.AccountId)?.Version ?? 0;
        if (stored != connection.Version && !overwrite)
        {
            return false;
        }

        _rows[connection.AccountId] = connection with { Version = stored + 1 };
        SavedAccessTokens.Add(connection.Tokens.AccessToken);
        SavedRefreshTokens.Add(connection.Tokens.RefreshToken);
        return true;
    }

    public void Delete(string accountId) => _rows.Remove(accountId);
}
