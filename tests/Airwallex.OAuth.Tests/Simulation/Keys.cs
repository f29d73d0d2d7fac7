using System.Security.Cryptography;
using Microsoft.AspNetCore.DataProtection;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>
/// Data Protection whose keys an instance may be without. It marks what it protects with the purposes.
/// </summary>
internal sealed class Keys(Func<bool> arePresent, string purposes = "") : IDataProtector
{
    public IDataProtector CreateProtector(string purpose) => new Keys(arePresent, $"{purposes}/{purpose}");

    public byte[] Protect(byte[] plaintext) => arePresent()
        ? [.. System.Text.Encoding.UTF8.GetBytes(purposes + "|"), .. plaintext]
        : throw new CryptographicException("The keys are missing.");

    public byte[] Unprotect(byte[] protectedData)
    {
        var mark = System.Text.Encoding.UTF8.GetBytes(purposes + "|");
        return arePresent() && protectedData.AsSpan().StartsWith(mark)
            ? protectedData[mark.Length..]
            : throw new CryptographicException("The keys are missing.");
    }
}
