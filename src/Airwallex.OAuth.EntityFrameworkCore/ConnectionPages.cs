using Microsoft.EntityFrameworkCore;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>
/// One listing, page by page, each page found by the last row of the one before (keyset paging) in the order of an index: what is not due is
/// never read, nothing is held open between pages, and changes meanwhile do not shift them. Not thread-safe.
/// </summary>
internal sealed class ConnectionPages(ConnectionFilter filter)
{
    private const int PageSize = 200;

    // Only where the order is one of moments, which may change while the listing goes on: a row that moved must not come twice.
    private readonly HashSet<string>? _listed =
        filter.RenewalDueAt is null && filter.LeaseExpiredAt is null ? null : new HashSet<string>(StringComparer.Ordinal);

    private AirwallexConnectionEntity? _last;

    public bool IsLast { get; private set; }

    public async Task<IReadOnlyList<AirwallexConnectionEntity>> ReadNextAsync(IQueryable<AirwallexConnectionEntity> rows, CancellationToken cancellationToken)
    {
        var page = await InOrder(Matching(rows)).Take(PageSize).ToListAsync(cancellationToken).ConfigureAwait(false);
        IsLast = page.Count < PageSize;
        _last = page.LastOrDefault();
        page.RemoveAll(row => _listed?.Add(row.AccountId) == false);
        return page;
    }

    private IQueryable<AirwallexConnectionEntity> Matching(IQueryable<AirwallexConnectionEntity> rows)
    {
        if (filter.Status is { } status)
        {
            rows = rows.Where(row => row.Status == status);
        }

        if (filter.RenewalDueAt is { } renewalDueAt)
        {
            rows = rows.Where(row => row.RenewAt <= renewalDueAt);
        }

        if (filter.LeaseExpiredAt is { } leaseExpiredAt)
        {
            rows = rows.Where(row => row.LeaseExpiresAt <= leaseExpiredAt);
        }

        return rows;
    }

    private IQueryable<AirwallexConnectionEntity> InOrder(IQueryable<AirwallexConnectionEntity> rows) => filter switch
    {
        { RenewalDueAt: not null } => ByRenewal(rows),
        { LeaseExpiredAt: not null } => ByLease(rows),
        _ => ByAccount(rows),
    };

    // The most urgent first. "From the last moment on" stands by itself so that every engine finds it in the index.
    private IQueryable<AirwallexConnectionEntity> ByRenewal(IQueryable<AirwallexConnectionEntity> rows)
    {
        if (_last is { AccountId: var lastId, RenewAt: var last })
        {
            rows = rows.Where(row => row.RenewAt >= last && (row.RenewAt > last || row.AccountId.CompareTo(lastId) > 0));
        }

        return rows.OrderBy(row => row.RenewAt).ThenBy(row => row.AccountId);
    }

    private IQueryable<AirwallexConnectionEntity> ByLease(IQueryable<AirwallexConnectionEntity> rows)
    {
        if (_last is { AccountId: var lastId, LeaseExpiresAt: { } last })
        {
            rows = rows.Where(row => row.LeaseExpiresAt >= last && (row.LeaseExpiresAt > last || row.AccountId.CompareTo(lastId) > 0));
        }

        return rows.OrderBy(row => row.LeaseExpiresAt).ThenBy(row => row.AccountId);
    }

    private IQueryable<AirwallexConnectionEntity> ByAccount(IQueryable<AirwallexConnectionEntity> rows)
    {
        if (_last is { AccountId: var lastId })
        {
            rows = rows.Where(row => row.AccountId.CompareTo(lastId) > 0);
        }

        return rows.OrderBy(row => row.AccountId);
    }
}
