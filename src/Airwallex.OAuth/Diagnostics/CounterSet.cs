using System.Diagnostics.Metrics;

namespace Airwallex.OAuth;

/// <summary>
/// The state behind one counter or gauge: a number for every combination of attribute values, each there from the start
/// with 0. Listeners read it when they like; counting calls nobody. Thread-safe.
/// </summary>
/// <param name="name">The name of the instrument.</param>
/// <param name="unit">Its unit.</param>
/// <param name="description">Its description.</param>
/// <param name="attributes">At most two attributes and their values.</param>
internal sealed class CounterSet(
    string name, string unit, string description, params (string Key, string[] Values)[] attributes)
{
    // One more value for each attribute: those outside the set.
    private readonly long[] _counts =
        new long[attributes.Aggregate(1, static (product, attribute) => product * (attribute.Values.Length + 1))];

    public string Name { get; } = name;

    public string Unit { get; } = unit;

    public string Description { get; } = description;

    /// <summary>The kind of the instrument. Default: a counter.</summary>
    public InstrumentKind Kind { get; init; }

    /// <summary>Counts.</summary>
    /// <param name="first">The value of the first attribute, if there is one.</param>
    /// <param name="second">The value of the second attribute, if there is one.</param>
    /// <param name="change">How many.</param>
    public void Add(string? first = null, string? second = null, long change = 1) =>
        Interlocked.Add(ref _counts[IndexOf(first, second)], change);

    /// <summary>Sets what is counted elsewhere.</summary>
    /// <param name="first">The value of the attribute, if there is one.</param>
    /// <param name="count">The count.</param>
    public void Set(string? first, long count) => Interlocked.Exchange(ref _counts[IndexOf(first, null)], count);

    /// <summary>All counts, with the application as a further attribute.</summary>
    public IEnumerable<Measurement<long>> Observe(KeyValuePair<string, object?> application)
    {
        for (var index = 0; index < _counts.Length; index++)
        {
            var count = Interlocked.Read(ref _counts[index]);
            var isOther = false;
            var tags = new KeyValuePair<string, object?>[attributes.Length + 1];
            tags[0] = application;
            for (var (position, rest) = (attributes.Length - 1, index); position >= 0; position--)
            {
                var (key, values) = attributes[position];
                var value = rest % (values.Length + 1);
                isOther |= value == values.Length;
                tags[position + 1] = new(key, value < values.Length ? values[value] : TelemetryAttributes.Other);
                rest /= values.Length + 1;
            }

            if (!isOther || count != 0)
            {
                yield return new Measurement<long>(count, tags);
            }
        }
    }

    private int IndexOf(string? first, string? second)
    {
        var index = attributes.Length > 0 ? IndexOf(attributes[0].Values, first) : 0;
        return attributes.Length > 1
            ? index * (attributes[1].Values.Length + 1) + IndexOf(attributes[1].Values, second)
            : index;
    }

    private static int IndexOf(string[] values, string? value)
    {
        var index = Array.IndexOf(values, value);
        return index >= 0 ? index : values.Length;
    }
}

/// <summary>Kinds of observable instruments.</summary>
internal enum InstrumentKind
{
    /// <summary>Only grows.</summary>
    Counter,

    /// <summary>Grows and shrinks; those of several processes add up.</summary>
    UpDownCounter,

    /// <summary>A value that every process that shares the store sees alike.</summary>
    Gauge,
}
