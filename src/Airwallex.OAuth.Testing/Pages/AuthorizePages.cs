using static Airwallex.OAuth.Testing.PageLayout;

namespace Airwallex.OAuth.Testing;

/// <summary>
/// The pages of the authorize endpoint. Every form posts to the URL it was shown under, so the request's parameters
/// travel in the query, and what the customer typed travels in the form.
/// </summary>
internal static class AuthorizePages
{
    public const string DemoCode = "246810";
    private static readonly string[] s_steps = ["Details", "Verification", "Usage", "Consent"];

    private static readonly string[] s_usages =
        ["Receive money from abroad", "Pay suppliers and staff", "Accept payments online", "Issue cards"];

    public static string Error(string title, string text) => Page(title, $"""
        <h1>{Text(title)}</h1>
        <p>{Text(text)}</p>
        <p class="quiet">You were not sent back to the application, because this request cannot be trusted.
        Close this page and tell the application's operator.</p>
        """);

    /// <summary>Sign-up, first page: account details.</summary>
    public static string Details(SignUpForm form) => Page(Title(form, "Create your account"), $"""
        {Steps(0)}
        <h1>Create your account</h1>
        <p class="quiet">Tell us about your business. Every field is required.</p>
        {Problem(form)}
        <form method="post">
        <input type="hidden" name="step" value="details">
        {Field(form, "business_name", "Business name", "text", "organization", form.BusinessName)}
        {Field(form, "full_name", "Your full name", "text", "name", form.FullName)}
        {Field(form, "email", "Work email", "email", "email", form.Email)}
        <div class="buttons"><button>Continue</button></div>
        </form>
        """);

    /// <summary>Sign-up, second page: the second factor.</summary>
    public static string Verification(SignUpForm form) => Page(Title(form, "Verify it is you"), $"""
        {Steps(1)}
        <h1>Verify it is you</h1>
        <p class="quiet">We would send a code to your phone. In this simulation any six digits will do, such as
        <strong>{DemoCode}</strong>.</p>
        {Problem(form)}
        <form method="post">
        <input type="hidden" name="step" value="verification">
        {Carry(form)}
        <div class="field">
        <label for="code">Verification code</label>
        <input class="code" id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="6"
          pattern="[0-9]{"{6}"}" required
          aria-describedby="code-hint{(HasProblem(form, "code") ? " problem" : "")}"{Invalid(form, "code")}>
        <p class="hint" id="code-hint">Six digits</p>
        </div>
        <div class="buttons"><button>Verify</button></div>
        </form>
        """);

    /// <summary>Sign-up, third page: what the account is for.</summary>
    public static string Usage(SignUpForm form) => Page("How will you use the account?", $"""
        {Steps(2)}
        <h1>How will you use the account?</h1>
        <form method="post">
        <input type="hidden" name="step" value="usage">
        {Carry(form)}
        <fieldset>
        <legend>Choose all that apply</legend>
        {string.Concat(s_usages.Select((usage, index) => $"""
            <label class="choice"><input type="checkbox" name="usage" value="{index}"{Checked(index)}>
            <span>{usage}</span></label>

            """))}
        </fieldset>
        <div class="field">
        <label for="volume">Expected volume a month</label>
        <select id="volume" name="volume">
        <option>Up to 10,000</option><option>10,000 to 100,000</option><option>More than 100,000</option>
        </select>
        </div>
        <div class="buttons"><button>Create account</button></div>
        </form>
        """);

    /// <summary>Without sign-up: which account it is about.</summary>
    public static string ChooseAccount(IReadOnlyList<SimulatedAccount> accounts) => Page("Log in", $"""
        <h1>Log in</h1>
        <p class="quiet">Choose one of the accounts that exist in this simulation.</p>
        <form method="post">
        <input type="hidden" name="step" value="account">
        <fieldset>
        <legend>Account</legend>
        {string.Concat(accounts.Reverse().Select((account, index) => $"""
            <label class="choice"><input type="radio" name="account" value="{Text(account.Id)}"{Checked(index)}>
            <span>{Text(account.BusinessName)}<small>{Text(account.Email)} · {Text(account.Id)}</small></span></label>

            """))}
        </fieldset>
        <div class="buttons"><button>Continue</button></div>
        </form>
        """);

    /// <summary>The consent page, for both ways.</summary>
    public static string Consent(AuthorizeParameters request, SimulatedAccount account, string application) =>
        Page("Authorize access", $"""
        {(request.SignUp ? Steps(3) : "")}
        <h1>Authorize access</h1>
        <p><strong>{Text(application)}</strong> asks for access to the account of
        <strong>{Text(account.BusinessName)}</strong>.</p>
        <p class="quiet">{Text(account.Email)} · {Text(account.Id)}</p>
        <h2 id="scopes">It would be allowed to</h2>
        <ul class="scopes" aria-labelledby="scopes">
        {string.Concat(request.Scopes.Select(scope => $"<li>{Text(Describe(scope))}<code>{Text(scope)}</code></li>\n"))}
        </ul>
        <form method="post" class="buttons">
        <input type="hidden" name="step" value="consent">
        <button name="decision" value="authorize">Authorize</button>
        <button name="decision" value="decline" class="second">Decline</button>
        </form>
        <p class="hint">You will be sent back to {Text(new Uri(request.RedirectUri!).Host)}.
        You can disconnect the application at any time.</p>
        """);

    /// <summary>
    /// Scopes are opaque words; their usual shapes are put into English, any other is shown as it is.
    /// </summary>
    private static string Describe(string scope)
    {
        var (verb, subject) = scope.Split(':') switch
        {
            ["r", _, var name] => ("View", name.Replace("_view", "", StringComparison.Ordinal)),
            ["w", _, var name] => ("Change", name.Replace("_edit", "", StringComparison.Ordinal)),
            [var name, "read"] => ("View", name),
            [var name, "write"] => ("Change", name),
            _ => ("Use", scope),
        };
        return $"{verb} {subject.Split('.')[^1].Replace('_', ' ')}";
    }

    private static string Steps(int current) => $"""
        <ol class="steps" aria-label="Progress">{string.Concat(s_steps.Select((step, index) =>
            $"<li{(index < current ? " class='done'" : index > current ? "" : " aria-current='step'")}>{step}</li>"))}
        </ol>
        """;

    private static string Problem(SignUpForm form) => form.Problem is { } problem
        ? $"""<p class="error" role="alert" id="problem">{Text(problem.Text)}</p>"""
        : "";

    private static string Field(
        SignUpForm form, string name, string label, string type, string autocomplete, string? value) => $"""
        <div class="field">
        <label for="{name}">{label}</label>
        <input id="{name}" name="{name}" type="{type}" autocomplete="{autocomplete}" value="{Text(value)}"
          maxlength="100" required{Invalid(form, name)}
          {(HasProblem(form, name) ? "aria-describedby=\"problem\"" : "")}>
        </div>
        """;

    private static string Checked(int index) => index == 0 ? " checked" : "";

    private static string Title(SignUpForm form, string title) => form.Problem is null ? title : "Error: " + title;

    private static bool HasProblem(SignUpForm form, string name) => form.Problem?.Field == name;

    private static string Invalid(SignUpForm form, string name) =>
        HasProblem(form, name) ? " aria-invalid=\"true\"" : "";

    private static string Carry(SignUpForm form) => $"""
        <input type="hidden" name="business_name" value="{Text(form.BusinessName)}">
        <input type="hidden" name="full_name" value="{Text(form.FullName)}">
        <input type="hidden" name="email" value="{Text(form.Email)}">
        """;
}
