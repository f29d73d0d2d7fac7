using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace Airwallex.OAuth.EntityFrameworkCore;

/// <summary>Turns connections into rows and back; in a row, tokens are encrypted, for the account it belongs to and no other. Thread-safe.</summary>
internal sealed class ConnectionProtector(IDataProtectionProvider dataProtection)
{
    /// <summary>
    /// The row to write: the connection with its version raised by one; with the tokens as encrypted in <paramref name="read"/>, the row they were
    /// read from, if given.
    /// </summary>
    /// <exception cref="AirwallexOAuthException">The tokens cannot be encrypted.</exception>
    public AirwallexConnectionEntity ToNextRow(AirwallexConnection connection, AirwallexConnectionEntity? read)
    {
        var (access, refresh) = read is null ? Protect(connection) : (read.ProtectedAccessToken, read.ProtectedRefreshToken);
        return new AirwallexConnectionEntity
        {
            AccountId = connection.AccountId,
            ProtectedAccessToken = access,
            AccessTokenExpiresAt = connection.Tokens.AccessTokenExpiresAt,
            ProtectedRefreshToken = refresh,
            RefreshTokenExpiresAt = connection.Tokens.RefreshTokenExpiresAt,
            IssuedAt = connection.Tokens.IssuedAt,
            // A scope is a word without white space (RFC 6749, section 3.3).
            Scopes = string.Join(' ', connection.Tokens.Scopes),
            Status = connection.Status,
            StatusReason = connection.StatusReason,
            ConnectedAt = connection.ConnectedAt,
            RenewAt = connection.RenewAt,
            PendingAttemptId = connection.PendingRefresh?.AttemptId,
            FirstSentAt = connection.PendingRefresh?.FirstSentAt,
            LeaseExpiresAt = connection.PendingRefresh?.LeaseExpiresAt,
            AnsweredStatus = connection.PendingRefresh?.AnsweredStatus,
            Version = connection.Version + 1,
        };
    }

    /// <summary>The connection in a row.</summary>
    /// <exception cref="AirwallexOAuthException">The tokens cannot be decrypted.</exception>
    public AirwallexConnection ToConnection(AirwallexConnectionEntity row)
    {
        var (access, refresh) = Unprotect(row);
        return new AirwallexConnection
        {
            AccountId = row.AccountId,
            Tokens = new TokenSet
            {
                AccountId = row.AccountId,
                AccessToken = access,
                AccessTokenExpiresAt = row.AccessTokenExpiresAt,
                RefreshToken = refresh,
                RefreshTokenExpiresAt = row.RefreshTokenExpiresAt,
                Scopes = row.Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries),
                IssuedAt = row.IssuedAt,
            },
            Status = row.Status,
            StatusReason = row.StatusReason,
            ConnectedAt = row.ConnectedAt,
            RenewAt = row.RenewAt,
            PendingRefresh = row is { PendingAttemptId: { } attemptId, FirstSentAt: { } firstSentAt, LeaseExpiresAt: { } leaseExpiresAt }
                ? new RefreshAttempt
                {
                    AttemptId = attemptId,
                    FirstSentAt = firstSentAt,
                    LeaseExpiresAt = leaseExpiresAt,
                    AnsweredStatus = row.AnsweredStatus,
                }
                : null,
            Version = row.Version,
        };
    }

    private (string Access, string Refresh) Protect(AirwallexConnection connection)
    {
        try
        {
            var protector = ProtectorOf(connection.AccountId);
            return (protector.Protect(connection.Tokens.AccessToken), protector.Protect(connection.Tokens.RefreshToken));
        }
        catch (CryptographicException exception)
        {
            throw new AirwallexOAuthException(
                $"The tokens of account {connection.AccountId} cannot be encrypted, so nothing was written. Check the set-up of ASP.NET Core Data Protection: {exception.Message}", exception);
        }
    }

    private (string Access, string Refresh) Unprotect(AirwallexConnectionEntity row)
    {
        try
        {
            var protector = ProtectorOf(row.AccountId);
            return (protector.Unprotect(row.ProtectedAccessToken), protector.Unprotect(row.ProtectedRefreshToken));
        }
        catch (CryptographicException exception)
        {
            throw new AirwallexOAuthException(
                $"The stored tokens of account {row.AccountId} cannot be decrypted; their row is untouched. Either this instance lacks the Data Protection key they were encrypted with: "
                + "give all instances the same persisted key ring and application name, and bring a lost key back. Or the row was copied from another account: restore it. "
                + $"If neither can be done, disconnect the account and let the customer authorize again. Data Protection says: {exception.Message}", exception);
        }
    }

    // The account is part of the purpose: a row copied onto another account does not decrypt (invariant 5).
    private IDataProtector ProtectorOf(string accountId) =>
        dataProtection.CreateProtector("Airwallex.OAuth.EntityFrameworkCore", "v1", accountId);
}
