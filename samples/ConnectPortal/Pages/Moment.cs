using System.Globalization;

namespace ConnectPortal.Pages;

/// <summary>A time as pages write it: with its year, and how far its clock is from UTC.</summary>
public static class Moment
{
    public static string Words(DateTimeOffset time) =>
        TimeZoneInfo.ConvertTime(time, TimeZoneInfo.Local)
            .ToString("d MMM yyyy, HH:mm:ss 'UTC'zzz", CultureInfo.InvariantCulture);

    /// <summary>For the attribute <c>datetime</c>.</summary>
    public static string Machine(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
