using Microsoft.EntityFrameworkCore;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests;

/// <summary>These tests prove what they say: the assembly for .NET 8, on Entity Framework Core 8.</summary>
public sealed class VersionTests
{
    [Fact]
    public void The_store_is_the_one_for_net8_on_entity_framework_core_8()
    {
        var framework = typeof(AirwallexConnectionEntity).Assembly.GetCustomAttributes(
            typeof(System.Runtime.Versioning.TargetFrameworkAttribute), false);

        Assert.Equal(
            ".NETCoreApp,Version=v8.0",
            ((System.Runtime.Versioning.TargetFrameworkAttribute)framework[0]).FrameworkName);
        Assert.Equal(8, typeof(DbContext).Assembly.GetName().Version!.Major);
    }
}
