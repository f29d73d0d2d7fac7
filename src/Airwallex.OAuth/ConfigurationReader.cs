using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Airwallex.OAuth;

/// <summary>
/// Reads values of a section, and collects what cannot be read. A value that is missing or blank changes nothing.
/// </summary>
internal sealed class ConfigurationReader(IConfiguration section, List<string>? faults = null)
{
    public delegate bool TryParse<T>(string text, out T value);

    public List<string> Faults { get; } = faults ?? [];

    public ConfigurationReader Part(string key) => new(section.GetSection(key), Faults);

    /// <summary>The value as it is, blank or not; null when there is none.</summary>
    public string? Text(string key) => section.GetSection(key).Value;

    public T Read<T>(string key, T present, TryParse<T> tryParse, string expectation)
    {
        var entry = section.GetSection(key);
        if (string.IsNullOrWhiteSpace(entry.Value))
        {
            return present;
        }

        var text = entry.Value.Trim();
        if (tryParse(text, out var value))
        {
            return value;
        }

        Faults.Add($"{entry.Path} '{text}' {expectation}.");
        return present;
    }

    /// <summary>Whether an address suits is for the validation to say.</summary>
    public Uri? Address(string key, Uri? present) => Read<Uri?>(key, present, TryParseAddress, "is not an address");

    public TimeSpan Duration(string key, TimeSpan present) => Read(
        key, present, static (string text, out TimeSpan value) =>
            TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out value),
        "is not a duration; write 00:01:00 for a minute");

    /// <summary>
    /// A list, or one text with white space between the words, as an environment variable holds it. The text wins:
    /// lists in files have none.
    /// </summary>
    public IList<string> Words(string key, IList<string> present)
    {
        var entry = section.GetSection(key);
        string?[] texts = string.IsNullOrWhiteSpace(entry.Value)
            ? [.. entry.GetChildren().Select(child => child.Value)]
            : [entry.Value];
        return texts.Length == 0
            ? present
            : [.. texts.SelectMany(text => (text ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))];
    }

    private static bool TryParseAddress(string text, out Uri? value) =>
        Uri.TryCreate(text, UriKind.RelativeOrAbsolute, out value);
}
