using System.Reflection;

namespace Airwallex.OAuth.Conventions.Tests;

/// <summary>The packages, by the names of their assemblies.</summary>
public static class Packages
{
    private static readonly string[] All =
        ["Airwallex.OAuth", "Airwallex.OAuth.AspNetCore", "Airwallex.OAuth.EntityFrameworkCore",
            "Airwallex.OAuth.Testing"];

    public static TheoryData<string> Names => [.. All];

    internal static IEnumerable<Type> PublicTypes => All.SelectMany(name => Assembly.Load(name).GetExportedTypes());
}
