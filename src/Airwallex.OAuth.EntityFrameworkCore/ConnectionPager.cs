namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>
/// Finds a page by the last row of the page before, in the order of an index: what is not due is never read, and changes meanwhile do not shift pages.
/// </summary>
internal static class ConnectionPager
{
    public static IQueryable<AirwallexConnectionEntity> Page(this IQueryable<AirwallexConnectionEntity> rows, ConnectionQuery query)
    {
        var (clientId, accountId, status, limit) = (query.ClientId, query.AccountId, query.Status?.ToString(), query.Limit);
        var (renewalDueAt, recoveryDueAt) = (query.RenewalDueAt?.ToUnixTimeMilliseconds(), query.RecoveryDueAt?.ToUnixTimeMilliseconds());
        rows = clientId is null ? rows : rows.Where(row => row.ClientId == clientId);
        rows = accountId is null ? rows : rows.Where(row => row.AccountId == accountId);
        rows = status is null ? rows : rows.Where(row => row.Status == status);
        rows = renewalDueAt is null ? rows : rows.Where(row => row.RenewAt <= renewalDueAt);
        rows = recoveryDueAt is null ? rows : rows.Where(row => row.RecoverAt <= recoveryDueAt);

        var last = query.After is null ? null : AirwallexConnectionEntity.Of(query.After);
        var (lastAccountId, lastClientId) = (last?.AccountId, last?.ClientId);
        if (renewalDueAt is null && recoveryDueAt is null)
        {
            rows = last is null ? rows : rows.Where(row => row.AccountId.CompareTo(lastAccountId) >= 0
                && (row.AccountId != lastAccountId || row.ClientId.CompareTo(lastClientId) > 0));
            return rows.OrderBy(row => row.AccountId).ThenBy(row => row.ClientId).Take(limit);
        }

        // The most urgent first. "From the last instant on" is a condition of its own, so that every engine finds it in the index.
        var dueAt = renewalDueAt is null ? last?.RecoverAt : last?.RenewAt;
        var due = renewalDueAt is null
            ? rows.Select(row => new { Row = row, At = row.RecoverAt })
            : rows.Select(row => new { Row = row, At = (long?)row.RenewAt });
        due = last is null ? due : due.Where(it => it.At >= dueAt && (it.At > dueAt || it.Row.AccountId.CompareTo(lastAccountId) > 0
            || (it.Row.AccountId == lastAccountId && it.Row.ClientId.CompareTo(lastClientId) > 0)));
        return due.OrderBy(it => it.At).ThenBy(it => it.Row.AccountId).ThenBy(it => it.Row.ClientId).Select(it => it.Row).Take(limit);
    }
}
