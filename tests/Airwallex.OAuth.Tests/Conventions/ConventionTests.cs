using System.Reflection;
using System.Text.RegularExpressions;

namespace Airwallex.OAuth.Tests.Conventions;

public sealed partial class ConventionTests
{
    private static readonly Assembly Library = typeof(AirwallexConnections).Assembly;

    public static TheoryData<string, string> Forbidden => new()
    {
        { @"\bDateTime(Offset)?\s*\.\s*(Utc)?(Now|Today)\b", "time comes from TimeProvider" },
        { @"\bThread\s*\.\s*Sleep\b", "nothing blocks a thread" },
        { @"\bTask\.Delay\((?![^;]*\b(Time|time|timeProvider)\b)", "delays run on the TimeProvider" },
        { @"\bnew CancellationTokenSource\((?![^;)]*_?[tT]ime\b)[^;)]+\)", "time limits run on the TimeProvider" },
        { @"\basync void\b", "nobody sees the exception of an async void" },
        { @"\.(Wait|WaitAll|WaitAny)\(\)|GetAwaiter\(\)\.GetResult\(\)", "nothing waits synchronously" },
        { @"\bEnvironment\.TickCount|\bStopwatch\b", "time comes from TimeProvider" },
        { @"\bConsole\.", "a library writes to no console" },
        { @"#region", "a file that needs regions is too long" },
    };

    [Theory]
    [MemberData(nameof(Forbidden))]
    public void No_source_file_holds_what_the_house_rules_forbid(string pattern, string why)
    {
        var found = Source.Files.SelectMany(file => Regex.Matches(WithoutComments(file.Text), pattern)
            .Select(match => $"{file.Path}: {match.Value}")).ToList();

        Assert.True(found.Count == 0, $"{why}: {string.Join(Environment.NewLine, found)}");
    }

    [Fact]
    public void Results_are_taken_only_of_tasks_that_have_succeeded()
    {
        var found = Source.Files.SelectMany(file => WithoutComments(file.Text).Split('\n')
            .Where(line => Regex.IsMatch(line, @"\.Result\b"))
            .Select(line => $"{Path.GetFileName(file.Path)}: {line.Trim()}")).ToList();

        Assert.Equal(
            [
                "AirwallexTokenHandler.cs: return sending.IsCompletedSuccessfully && !WasRefused(sending.Result)",
                "TransientFailures.cs: return new Outcome(result.Result, null, IsTransient: false);", // A Polly outcome, no task.
            ],
            found.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(@"\bRandom\b", "RefreshRuntime.cs")]
    [InlineData(@"\bGuid\.NewGuid\b", "RefreshRuntime.cs")]
    [InlineData(@"\bRandomNumberGenerator\b", "AuthorizationState.cs Pkce.cs")]
    [InlineData(@"\bTask\.Run\b", "RefreshRuntime.cs")]
    public void Chance_and_threads_come_from_one_place(string pattern, string places) => Assert.Equal(
        places.Split(' '),
        Source.Files.Where(file => Regex.IsMatch(WithoutComments(file.Text), pattern)).Select(file => Path.GetFileName(file.Path)).Order());

    [Fact]
    public void Every_public_type_is_in_the_one_namespace() =>
        Assert.All(Library.GetExportedTypes(), type => Assert.Equal("Airwallex.OAuth", type.Namespace));

    [Fact]
    public void Every_public_type_has_a_file_of_its_name()
    {
        var files = Source.Files.Select(file => Path.GetFileNameWithoutExtension(file.Path)).ToHashSet();

        Assert.All(Library.GetExportedTypes().Where(type => !type.IsNested), type => Assert.Contains(type.Name, files));
        Assert.All(Source.Files, file => Assert.True(PublicType().Count(file.Text) <= 1, $"{file.Path} holds more than one public type."));
    }

    [Fact]
    public void No_public_class_can_be_derived_from_but_the_base_of_the_exceptions() =>
        Assert.Equal([typeof(AirwallexOAuthException)], Library.GetExportedTypes().Where(type => type is { IsClass: true, IsSealed: false }));

    [Fact]
    public void Every_exception_of_the_library_is_an_AirwallexOAuthException() =>
        Assert.All(Library.GetTypes().Where(typeof(Exception).IsAssignableFrom), type => Assert.True(typeof(AirwallexOAuthException).IsAssignableFrom(type)));

    [Fact]
    public void No_public_member_shows_a_type_of_the_token_or_retry_libraries()
    {
        var shown = Library.GetExportedTypes()
            .SelectMany(type => type.GetMembers(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .SelectMany(TypesIn).Select(type => type.Assembly.GetName().Name!).Distinct();

        Assert.DoesNotContain(shown, name => name.Contains("IdentityModel", StringComparison.Ordinal) || name.StartsWith("Polly", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_asynchronous_public_method_can_be_cancelled() => Assert.All(
        Library.GetExportedTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(method => method.Name.EndsWith("Async", StringComparison.Ordinal)),
        method => Assert.Contains(method.GetParameters(), parameter => parameter.ParameterType == typeof(CancellationToken)));

    [Fact]
    public void Log_events_have_ids_of_their_own()
    {
        var ids = LogEvent().Matches(Source.Files.Single(file => Path.GetFileName(file.Path) == "Log.cs").Text).Select(match => match.Groups[1].Value).ToList();

        Assert.True(ids.Count > 15);
        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    private static IEnumerable<Type> TypesIn(MemberInfo member) => (member switch
    {
        MethodBase method => [.. method.GetParameters().Select(parameter => parameter.ParameterType), (method as MethodInfo)?.ReturnType],
        PropertyInfo property => [property.PropertyType],
        FieldInfo field => [field.FieldType],
        _ => Array.Empty<Type?>(),
    }).OfType<Type>().SelectMany(type => type.GetGenericArguments().Append(type));

    private static string WithoutComments(string text) => Comment().Replace(text, "");

    [GeneratedRegex(@"//.*$", RegexOptions.Multiline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^public (?!static partial class Log)[\w ]*\b(class|record|struct|interface|enum|delegate)\b", RegexOptions.Multiline)]
    private static partial Regex PublicType();

    [GeneratedRegex(@"\[LoggerMessage\((\d+),")]
    private static partial Regex LogEvent();
}
