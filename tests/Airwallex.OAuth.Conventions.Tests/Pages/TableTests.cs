namespace Airwallex.OAuth.Conventions.Tests.Pages;

/// <summary>Tables that readers rely on to be complete.</summary>
public sealed class TableTests
{
    private static readonly string ReadMe = Repository.Read("README.md").Text;
    private static readonly string Events = Repository.Read("src/Airwallex.OAuth/docs/what-happens-when.md").Text;

    [Fact]
    public void Readme_lists_every_option() => Rule.Holds(
        "missing in README.md",
        typeof(AirwallexOAuthOptions).GetProperties().Select(property => property.Name)
            .Where(name => name != "KeepAlive")
            .Concat(typeof(KeepAliveOptions).GetProperties().Select(property => "KeepAlive." + property.Name))
            .Where(name => !ReadMe.Contains($"`{name}`", StringComparison.Ordinal)));

    [Fact]
    public void Readme_lists_every_exception() => Rule.Holds(
        "missing in README.md",
        typeof(AirwallexOAuthException).Assembly.GetExportedTypes()
            .Where(type => typeof(Exception).IsAssignableFrom(type))
            .Select(type => type.Name)
            .Where(name => !ReadMe.Contains($"`{name}`", StringComparison.Ordinal)));

    [Fact]
    public void Page_of_events_knows_every_event_and_status() => Rule.Holds(
        "missing in what-happens-when.md",
        Enum.GetNames<ConnectionEventKind>().Concat(Enum.GetNames<ConnectionStatus>())
            .Where(name => name != nameof(ConnectionStatus.Active))
            .Where(name => !Events.Contains($"`{name}`", StringComparison.Ordinal)));

    [Fact]
    public void Page_of_events_has_some_forty_rows() => Assert.InRange(
        Events.Split('\n').Count(
            line =>
                line.StartsWith("| ", StringComparison.Ordinal) && !line
                    .StartsWith("| when", StringComparison.Ordinal)),
        40,
        70);
}
