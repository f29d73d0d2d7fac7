using System.Reflection;

namespace Airwallex.OAuth.Conventions.Tests.Api;

/// <summary>What every public type keeps to.</summary>
public sealed class ApiRuleTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Classes that a reader derives from or mocks, or of which Entity Framework Core makes proxies.</summary>
    private static readonly string[] Open =
    [
        "AirwallexClientFactory", "AirwallexConnectionEntity", "AirwallexConnections", "AirwallexOAuthException",
        "TokenStoreConformance",
    ];

    [Fact]
    public void Extension_methods_alone_are_outside_the_packages_own_namespaces() => Assert.All(
        Packages.PublicTypes,
        type =>
            Assert.True(
                type.Namespace!.StartsWith("Airwallex.OAuth", StringComparison.Ordinal) || IsExtensions(type),
                $"{type}"));

    [Fact]
    public void Core_and_its_companions_share_one_namespace() => Assert.All(
        Packages.PublicTypes.Where(type => type.Assembly.GetName().Name == "Airwallex.OAuth"),
        type => Assert.Equal("Airwallex.OAuth", type.Namespace));

    [Fact]
    public void Every_public_type_has_a_file_of_its_name()
    {
        var files = Repository.Sources("src").Select(file => file.Name.Split('.')[0]).ToHashSet();

        Assert.All(
            Packages.PublicTypes.Where(type => !type.IsNested),
            type => Assert.True(files.Contains(type.Name.Split('`')[0]), $"{type} is in a file of another name."));
    }

    [Fact]
    public void Only_what_readers_derive_from_or_mock_is_open() => Assert.Equal(
        Open,
        Packages.PublicTypes.Where(
            type => type is { IsClass: true, IsSealed: false }).Select(type => type.Name).Order());

    [Fact]
    public void Every_exception_of_the_core_is_an_AirwallexOAuthException() => Assert.All(
        typeof(AirwallexConnections).Assembly.GetTypes().Where(type => typeof(Exception).IsAssignableFrom(type)),
        type => Assert.True(typeof(AirwallexOAuthException).IsAssignableFrom(type), $"{type}"));

    [Fact]
    public void No_public_member_shows_a_type_of_the_token_or_retry_libraries()
    {
        var shown = Packages.PublicTypes
            .SelectMany(type => type.GetMembers(Declared))
            .SelectMany(TypesIn).Select(type => type.Assembly.GetName().Name!).Distinct();

        Assert.DoesNotContain(shown, name => name.Contains("IdentityModel", StringComparison.Ordinal)
            || name.StartsWith("Polly", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_asynchronous_method_of_the_core_can_be_cancelled() => Assert.All(
        typeof(AirwallexConnections).Assembly.GetExportedTypes()
            .SelectMany(type => type.GetMethods(Declared))
            .Where(
                method =>
                    method.Name.EndsWith("Async", StringComparison.Ordinal) && method
                        .Name != nameof(IAsyncDisposable.DisposeAsync)),
        method =>
            Assert.Contains(method.GetParameters(), parameter => parameter.ParameterType == typeof(CancellationToken)));

    private static bool IsExtensions(Type type) =>
        type is { IsAbstract: true, IsSealed: true } && type.Name.EndsWith("Extensions", StringComparison.Ordinal);

    private static IEnumerable<Type> TypesIn(MemberInfo member) => (member switch
    {
        MethodBase method =>
            [.. method.GetParameters().Select(parameter => parameter.ParameterType),
                (method as MethodInfo)?.ReturnType],
        PropertyInfo property => [property.PropertyType],
        FieldInfo field => [field.FieldType],
        _ => Array.Empty<Type?>(),
    }).OfType<Type>().SelectMany(type => type.GetGenericArguments().Append(type));
}
