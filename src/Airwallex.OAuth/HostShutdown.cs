using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Airwallex.OAuth;

/// <summary>
/// How long the host waits for its services to stop. A refresh in flight may need longer than the default of 30 s.
/// </summary>
internal static class HostShutdown
{
    public static readonly TimeSpan Needed = TimeSpan.FromSeconds(70);

    /// <summary>Null when there is no such host, or when it does not say.</summary>
    /// <remarks>
    /// HostOptions is in Microsoft.Extensions.Hosting, which a library does not reference. Where it was trimmed,
    /// there is no warning.
    /// </remarks>
    [UnconditionalSuppressMessage(
        "AOT", "IL3050", Justification = "IOptions<> of a reference type; a failure only loses a warning.")]
    [UnconditionalSuppressMessage("Trimming", "IL2055", Justification = "The host itself uses IOptions<HostOptions>.")]
    [UnconditionalSuppressMessage(
        "Trimming", "IL2075", Justification = "A property that was trimmed only loses a warning.")]
    public static TimeSpan? Timeout(IServiceProvider services)
    {
        try
        {
            var type = Type.GetType("Microsoft.Extensions.Hosting.HostOptions, Microsoft.Extensions.Hosting");
            var options = type is null ? null : services.GetService(typeof(IOptions<>).MakeGenericType(type));
            var value = options?.GetType().GetProperty("Value")?.GetValue(options);
            return value is null ? null : type!.GetProperty("ShutdownTimeout")?.GetValue(value) as TimeSpan?;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return null;
        }
    }
}
