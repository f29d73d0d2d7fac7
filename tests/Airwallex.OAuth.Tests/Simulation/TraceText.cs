using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Airwallex.OAuth.Tests.Simulation;

/// <summary>A line of a run's trace; nothing is evaluated or formatted in a run that is not traced.</summary>
[InterpolatedStringHandler]
internal readonly struct TraceText
{
    private readonly StringBuilder? _text;

    public TraceText(int literalLength, int formattedCount, World world, out bool isEnabled)
    {
        isEnabled = world.IsTraced;
        _text = isEnabled ? new StringBuilder(literalLength + 8 * formattedCount) : null;
    }

    public void AppendLiteral(string text) => _text!.Append(text);

    public void AppendFormatted<T>(T value) => _text!.Append(CultureInfo.InvariantCulture, $"{value}");

    public void AppendFormatted<T>(T value, string format) =>
        _text!.AppendFormat(CultureInfo.InvariantCulture, $"{{0:{format}}}", value);

    public override string ToString() => _text?.ToString() ?? "";
}
