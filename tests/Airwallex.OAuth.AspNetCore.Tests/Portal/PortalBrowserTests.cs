using Microsoft.Playwright;

namespace Airwallex.OAuth.AspNetCore.Tests.Portal;

/// <summary>
/// The portal in a real browser, as a person uses it. Pictures of its pages go to the folder "screenshots" of the test
/// output.
/// </summary>
public sealed class PortalBrowserTests(PortalFixture portal) : IClassFixture<PortalFixture>
{
    [BrowserFact]
    public async Task A_customer_signs_up_and_is_connected()
    {
        await using var visit = await portal.VisitAsync();

        await visit.SignUpAsync("Northwind Traders");

        await visit.SeeAsync("Northwind Traders");
        await Assertions.Expect(visit.Page.Locator("article", new() { HasText = "Northwind Traders" }))
            .ToContainTextAsync("Active");
        await Assertions.Expect(visit.Page.Locator("article", new() { HasText = "Northwind Traders" })
            .GetByRole(AriaRole.Img)).ToHaveAttributeAsync(
            "aria-label",
                new System.Text.RegularExpressions.Regex("^Day 0 of 90. The renewal window is from day 60 to day 80;"));
        await visit.CheckAsync("portal-connected");
        await visit.OpenAsync("Northwind Traders");
        await visit.SeeAsync("Balances");
        await visit.SeeAsync("EUR");
        await visit.CheckAsync("portal-details");
        visit.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task A_customer_with_an_account_connects_it()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpAsync("Fabrikam");

        await visit.Link("Connect with Airwallex").ClickAsync();
        await visit.Page.GetByLabel("Fabrikam").CheckAsync();
        await visit.CheckAsync("airwallex-log-in");
        await visit.Button("Continue").ClickAsync();
        await visit.Button("Authorize").ClickAsync();

        await Assertions.Expect(visit.Page.Locator("article", new() { HasText = "Fabrikam" })).ToHaveCountAsync(1);
        visit.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task A_customer_who_declines_is_told_that_nothing_changed()
    {
        await using var visit = await portal.VisitAsync();
        await visit.Page.GotoAsync("/airwallex/connect?sign_up=true");
        await visit.Page.GetByLabel("Business name").FillAsync("Declining Ltd");
        await visit.Page.GetByLabel("Your full name").FillAsync("Ada Example");
        await visit.Page.GetByLabel("Work email").FillAsync("ada@example.com");
        await visit.Button("Continue").ClickAsync();
        await visit.Page.GetByLabel("Verification code").FillAsync("246810");
        await visit.Button("Verify").ClickAsync();
        await visit.Button("Create account").ClickAsync();

        await visit.Button("Decline").ClickAsync();

        await visit.SeeAsync("Nothing was connected");
        await Assertions.Expect(visit.Page.Locator("article", new() { HasText = "Declining Ltd" })).ToHaveCountAsync(0);
        await visit.CheckAsync("portal-declined");
        visit.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task A_callback_from_elsewhere_gets_a_page_that_says_what_to_do()
    {
        await using var visit = await portal.VisitAsync();

        var response = await visit.Page.GotoAsync("/airwallex/callback?code=abc&state=forged");

        Assert.Equal(400, response!.Status);
        await visit.SeeAsync("This link cannot be used");
        await visit.CheckAsync("library-failure-page");
    }

    [BrowserFact]
    public async Task Refresh_now_gives_new_tokens_and_other_tabs_see_it_without_a_reload()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpAsync("Refreshing Inc");
        await visit.OpenAsync("Refreshing Inc");
        await using var other = await portal.VisitAsync();
        await other.Page.GotoAsync(visit.Page.Url);
        await other.SeeAsync("Live");
        await Assertions.Expect(other.Page.Locator("#timeline")).Not.ToContainTextAsync("Refreshed");
        await other.Page.EvaluateAsync("() => { window.loadedOnce = true; }");

        await visit.Button("Refresh now").ClickAsync();

        await Assertions.Expect(visit.Page.Locator("#timeline")).ToContainTextAsync("Refreshed");
        await Assertions.Expect(other.Page.Locator("#timeline")).ToContainTextAsync("Refreshed");
        await Assertions.Expect(other.Page.Locator("#announcement")).ToContainTextAsync("Refreshed");
        Assert.True(await other.Page.EvaluateAsync<bool>("() => window.loadedOnce === true"));
        visit.AssertNoComplaints();
        other.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task A_lost_answer_is_recovered()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpAsync("Losing Answers AG");
        await visit.OpenAsync("Losing Answers AG");

        await visit.Button("Lose a response").ClickAsync();

        await Assertions.Expect(visit.Page.Locator("#timeline")).ToContainTextAsync("Recovered");
        await Assertions.Expect(visit.Page.Locator("#connection")).ToContainTextAsync("Active");
        await visit.CheckAsync("portal-recovered");
        portal.Simulation.Server.AssertNoViolations();
        visit.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task An_outage_is_survived()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpAsync("Patient GmbH");
        await visit.OpenAsync("Patient GmbH");

        await visit.Button("Start an outage").ClickAsync();
        try
        {
            await visit.Page.GotoAsync("/");
            await visit.OpenAsync("Patient GmbH");
            await visit.Button("Refresh now").ClickAsync();
            await Assertions.Expect(visit.Page.Locator("#timeline"))
                .ToContainTextAsync("A refresh failed and will be tried again");
            await visit.CheckAsync("portal-outage");
        }
        finally
        {
            await visit.Page.GotoAsync("/");
            await visit.Button("End the outage").ClickAsync();
        }

        await visit.OpenAsync("Patient GmbH");
        await Assertions.Expect(visit.Page.Locator("#timeline"))
            .ToContainTextAsync(
                new System.Text.RegularExpressions.Regex("Refreshed|Recovered"), new() { Timeout = 60_000 });
        await Assertions.Expect(visit.Page.Locator("#connection")).ToContainTextAsync("Active");
        visit.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task A_customer_who_disconnects_at_Airwallex_is_seen_by_webhook_and_can_connect_again()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpAsync("Coming Back BV");
        await visit.OpenAsync("Coming Back BV");

        await visit.Button("Disconnect at Airwallex").ClickAsync();
        await visit.SeeAsync("Airwallex reported that the connection was ended");
        await visit.CheckAsync("portal-disconnected-at-airwallex");

        await visit.Link("Connect again").ClickAsync();
        await visit.Page.GetByLabel("Coming Back BV").CheckAsync();
        await visit.Button("Continue").ClickAsync();
        await visit.Button("Authorize").ClickAsync();
        await Assertions.Expect(visit.Page.Locator("#connection")).ToContainTextAsync("Active");
        visit.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task A_customer_whose_admin_role_is_gone_must_connect_again()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpAsync("Former Admin SA");
        await visit.OpenAsync("Former Admin SA");

        await visit.Button("Remove admin role").ClickAsync();

        await visit.SeeAsync("Must connect again");
        await Assertions.Expect(visit.Page.Locator("#timeline")).ToContainTextAsync("The customer must connect again");
        await visit.CheckAsync("portal-must-connect-again");
        visit.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task Disconnecting_asks_once_more_and_forgets_the_account()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpAsync("Leaving LLC");
        await visit.OpenAsync("Leaving LLC");
        await using var other = await portal.VisitAsync();
        await other.Page.GotoAsync(visit.Page.Url);
        await other.SeeAsync("Live");

        await visit.Page.Locator("#disconnect summary").ClickAsync();
        await visit.CheckAsync("portal-disconnect");
        await visit.Button("Disconnect Leaving LLC").ClickAsync();

        await Assertions.Expect(visit.Page.Locator("article", new() { HasText = "Leaving LLC" })).ToHaveCountAsync(0);
        await Assertions.Expect(other.Page).ToHaveURLAsync(portal.Address.ToString());
        visit.AssertNoComplaints();
        other.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task The_flow_works_by_keyboard_on_a_phone_in_the_dark()
    {
        await using var visit = await portal.VisitAsync(new()
        {
            ViewportSize = new ViewportSize { Width = 390, Height = 844 },
            ColorScheme = ColorScheme.Dark,
            DeviceScaleFactor = 2,
        });
        await visit.Page.GotoAsync("/");
        await visit.Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(visit.Link("Skip to content")).ToBeFocusedAsync();
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.Keyboard.PressAsync("Tab");
        await Assertions.Expect(visit.Link("Connect with Airwallex").First).ToBeFocusedAsync();
        await visit.Page.Keyboard.PressAsync("Tab");
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.GetByLabel("Business name").FocusAsync();
        await visit.Page.Keyboard.TypeAsync("Pocket Shop");
        await visit.Page.Keyboard.PressAsync("Tab");
        await visit.Page.Keyboard.TypeAsync("Ada Example");
        await visit.Page.Keyboard.PressAsync("Tab");
        await visit.Page.Keyboard.TypeAsync("ada@example.com");
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Page.GetByLabel("Verification code").FillAsync("246810");
        await visit.Page.Keyboard.PressAsync("Enter");
        await visit.Button("Create account").PressAsync("Enter");
        await visit.CheckAsync("phone-consent");
        await visit.Button("Authorize").PressAsync("Enter");

        await visit.SeeAsync("Pocket Shop");
        await visit.CheckAsync("phone-connected");
        await visit.OpenAsync("Pocket Shop");
        await visit.CheckAsync("phone-details");
        Assert.True(
            await visit.Page.EvaluateAsync<bool>(
                "() => document.documentElement.scrollWidth <= document.documentElement.clientWidth"),
            "The page is wider than the phone.");
        visit.AssertNoComplaints();
    }
}
