using System.Linq.Expressions;
using System.Reflection;
using Microsoft.EntityFrameworkCore.Query;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>What the UPDATE of a row compares and sets. Thread-safe.</summary>
/// <remarks>
/// Lambdas in the statement itself would be built anew, as expression trees, for every write, which is dearer than the statement. So what is the
/// same every time is built once.
/// </remarks>
internal static class ConnectionUpdate
{
    private static readonly ParameterExpression Stored = Expression.Parameter(typeof(AirwallexConnectionEntity), "stored");
    private static readonly MemberExpression StoredAccountId = Expression.Property(Stored, nameof(AirwallexConnectionEntity.AccountId));
    private static readonly MemberExpression StoredVersion = Expression.Property(Stored, nameof(AirwallexConnectionEntity.Version));
    private static readonly PropertyInfo KeyAccountId = typeof(Key).GetProperty(nameof(Key.AccountId))!;
    private static readonly PropertyInfo KeyVersion = typeof(Key).GetProperty(nameof(Key.Version))!;

    /// <summary>The row stands in the version before the one to be written: the comparison of the compare-and-swap.</summary>
    public static Expression<Func<AirwallexConnectionEntity, bool>> Replaces(AirwallexConnectionEntity row)
    {
        // Members of an object become parameters of the statement; constants would become part of its text.
        var key = Expression.Constant(new Key(row.AccountId, row.Version - 1));
        return Expression.Lambda<Func<AirwallexConnectionEntity, bool>>(
            Expression.AndAlso(
                Expression.Equal(StoredAccountId, Expression.Property(key, KeyAccountId)),
                Expression.Equal(StoredVersion, Expression.Property(key, KeyVersion))),
            Stored);
    }

    private sealed record Key(string AccountId, long Version);

#if NET10_0_OR_GREATER
    private static readonly Column[] All =
    [
        Of(row => row.ProtectedAccessToken),
        Of(row => row.AccessTokenExpiresAt),
        Of(row => row.ProtectedRefreshToken),
        Of(row => row.RefreshTokenExpiresAt),
        Of(row => row.IssuedAt),
        Of(row => row.Scopes),
        Of(row => row.Status),
        Of(row => row.StatusReason),
        Of(row => row.ConnectedAt),
        Of(row => row.RenewAt),
        Of(row => row.PendingAttemptId),
        Of(row => row.FirstSentAt),
        Of(row => row.LeaseExpiresAt),
        Of(row => row.AnsweredStatus),
        Of(row => row.Version),
    ];

    /// <summary>Sets what differs from the row as it was read, or everything when that is not known.</summary>
    public static Action<UpdateSettersBuilder<AirwallexConnectionEntity>> Sets(AirwallexConnectionEntity row, AirwallexConnectionEntity? read) => update =>
    {
        foreach (var column in All)
        {
            if (read is null || column.Differs(row, read))
            {
                column.Set(update, row);
            }
        }
    };

    private static Column<T> Of<T>(Expression<Func<AirwallexConnectionEntity, T>> column) => new(column);

    private abstract class Column
    {
        public abstract bool Differs(AirwallexConnectionEntity row, AirwallexConnectionEntity read);

        public abstract void Set(UpdateSettersBuilder<AirwallexConnectionEntity> update, AirwallexConnectionEntity row);
    }

    private sealed class Column<T>(Expression<Func<AirwallexConnectionEntity, T>> column) : Column
    {
        private readonly Func<AirwallexConnectionEntity, T> _value = column.Compile();

        public override bool Differs(AirwallexConnectionEntity row, AirwallexConnectionEntity read) =>
            !EqualityComparer<T>.Default.Equals(_value(row), _value(read));

        public override void Set(UpdateSettersBuilder<AirwallexConnectionEntity> update, AirwallexConnectionEntity row) =>
            update.SetProperty(column, _value(row));
    }
#else
    /// <summary>Sets everything: this version of Entity Framework Core takes one expression tree.</summary>
    public static Expression<Func<SetPropertyCalls<AirwallexConnectionEntity>, SetPropertyCalls<AirwallexConnectionEntity>>> Sets(
        AirwallexConnectionEntity row, AirwallexConnectionEntity? read)
    {
        _ = read;
        return update => update
            .SetProperty(stored => stored.ProtectedAccessToken, row.ProtectedAccessToken)
            .SetProperty(stored => stored.AccessTokenExpiresAt, row.AccessTokenExpiresAt)
            .SetProperty(stored => stored.ProtectedRefreshToken, row.ProtectedRefreshToken)
            .SetProperty(stored => stored.RefreshTokenExpiresAt, row.RefreshTokenExpiresAt)
            .SetProperty(stored => stored.IssuedAt, row.IssuedAt)
            .SetProperty(stored => stored.Scopes, row.Scopes)
            .SetProperty(stored => stored.Status, row.Status)
            .SetProperty(stored => stored.StatusReason, row.StatusReason)
            .SetProperty(stored => stored.ConnectedAt, row.ConnectedAt)
            .SetProperty(stored => stored.RenewAt, row.RenewAt)
            .SetProperty(stored => stored.PendingAttemptId, row.PendingAttemptId)
            .SetProperty(stored => stored.FirstSentAt, row.FirstSentAt)
            .SetProperty(stored => stored.LeaseExpiresAt, row.LeaseExpiresAt)
            .SetProperty(stored => stored.AnsweredStatus, row.AnsweredStatus)
            .SetProperty(stored => stored.Version, row.Version);
    }
#endif
}
