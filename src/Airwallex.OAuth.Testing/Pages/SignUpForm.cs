using Microsoft.AspNetCore.Http;

namespace Airwallex.OAuth.Testing;

/// <summary>What a customer has typed so far while signing up, and what is wrong with it.</summary>
internal sealed record SignUpForm(
    string? BusinessName = null, string? FullName = null, string? Email = null, string? Code = null)
{
    /// <summary>The first thing to put right, by field; null when there is none.</summary>
    public (string Field, string Text)? Problem { get; init; }

    public static SignUpForm Parse(IFormCollection form) =>
        new(Get(form, "business_name"), Get(form, "full_name"), Get(form, "email"), Get(form, "code"));

    public SignUpForm CheckDetails() => this with
    {
        Problem = BusinessName is null ? ("business_name", "Enter the name of your business.")
            : FullName is null ? ("full_name", "Enter your full name.")
            : Email is null || !Email.Contains('@', StringComparison.Ordinal)
                ? ("email", "Enter an email address, such as you@example.com.")
            : null,
    };

    public SignUpForm CheckCode() => this with
    {
        Problem = Code is { Length: 6 } && Code.All(char.IsAsciiDigit) ? null : (
            "code", "Enter the six digits of the code."),
    };

    private static string? Get(IFormCollection form, string name) =>
        form[name].ToString().Trim() is { Length: > 0 } value ? value : null;
}
