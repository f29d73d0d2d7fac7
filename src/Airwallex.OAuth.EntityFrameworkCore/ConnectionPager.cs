namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>Pages by the last row of the page before, in the order of an index: only what is due is read.</summary>
internal static class ConnectionPager
{
    public static IQueryable<Row> Page(this IQueryable<Row> rows, ConnectionQuery query)
    {
        var (clientId, accountId, status) = (query.ClientId, query.AccountId, query.Status?.ToString());
        var renewAt = query.RenewalDueAt?.ToUnixTimeMilliseconds();
        var recoverAt = query.RecoveryDueAt?.ToUnixTimeMilliseconds();
        rows = clientId is null ? rows : rows.Where(row => row.ClientId == clientId);
        rows = accountId is null ? rows : rows.Where(row => row.AccountId == accountId);
        rows = status is null ? rows : rows.Where(row => row.Status == status);
        rows = renewAt is null ? rows : rows.Where(row => row.RenewAt <= renewAt);
        rows = recoverAt is null ? rows : rows.Where(row => row.RecoverAt <= recoverAt);

        var last = query.After is null ? null : Row.Of(query.After);
        var (lastAccount, lastClient, limit) = (last?.AccountId, last?.ClientId, query.Limit);
        if (renewAt is null && recoverAt is null)
        {
            rows = last is null ? rows : rows.Where(row => row.AccountId.CompareTo(lastAccount) >= 0
                && (row.AccountId != lastAccount || row.ClientId.CompareTo(lastClient) > 0));
            return rows.OrderBy(row => row.AccountId).ThenBy(row => row.ClientId).Take(limit);
        }

        // "From the last instant on" is a condition of its own, so that every engine finds it in the index.
        var lastAt = renewAt is null ? last?.RecoverAt : last?.RenewAt;
        var due = renewAt is null
            ? rows.Select(row => new { Row = row, At = row.RecoverAt })
            : rows.Select(row => new { Row = row, At = (long?)row.RenewAt });
        due = last is null ? due : due.Where(it => it.At >= lastAt
            && (it.At > lastAt || it.Row.AccountId.CompareTo(lastAccount) > 0
                || (it.Row.AccountId == lastAccount && it.Row.ClientId.CompareTo(lastClient) > 0)));
        return due.OrderBy(it => it.At).ThenBy(it => it.Row.AccountId).ThenBy(it => it.Row.ClientId)
            .Select(it => it.Row).Take(limit);
    }
}
