namespace Airwallex.OAuth;

/// <summary>Bounds for lengths and instants: `delay.AtLeast(retryAfter)` is the longer of the two.</summary>
internal static class Bounds
{
    public static T AtLeast<T>(this T value, T least) where T : struct, IComparable<T> =>
        value.CompareTo(least) < 0 ? least : value;

    public static T AtMost<T>(this T value, T most) where T : struct, IComparable<T> =>
        value.CompareTo(most) > 0 ? most : value;
}
