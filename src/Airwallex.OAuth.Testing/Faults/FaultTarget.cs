namespace Airwallex.OAuth.Testing;

/// <summary>The endpoint a <see cref="Fault"/> applies to.</summary>
public enum FaultTarget
{
    /// <summary><c>/oauth/token</c>, code exchanges and refreshes alike.</summary>
    Token = 0,

    /// <summary>Everything below <c>/api/v1/</c>.</summary>
    Api = 1,

    /// <summary><c>/oauth/authorize</c>, its pages included.</summary>
    Authorize = 2,
}
