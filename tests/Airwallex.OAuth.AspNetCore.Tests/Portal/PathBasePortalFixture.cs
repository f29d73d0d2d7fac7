namespace Airwallex.OAuth.AspNetCore.Tests.Portal;

/// <summary>A portal below a path base.</summary>
public sealed class PathBasePortalFixture() : PortalFixture("/shop");
