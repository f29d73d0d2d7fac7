using System.Text.RegularExpressions;
using Airwallex.OAuth.Testing;
using Microsoft.Playwright;

namespace Airwallex.OAuth.AspNetCore.Tests.Portal;

/// <summary>
/// The portal in a real browser, as a person uses it. Pictures of its pages go to the folder "screenshots" of the test
/// output.
/// </summary>
public sealed class PortalBrowserTests(PortalFixture portal) : IClassFixture<PortalFixture>
{
    private static readonly BrowserNewContextOptions s_phone = new()
    {
        ViewportSize = new ViewportSize { Width = 390, Height = 844 },
        ColorScheme = ColorScheme.Dark,
        DeviceScaleFactor = 2,
        HasTouch = true,
    };

    [BrowserFact]
    public async Task A_lost_response_is_recovered_and_on_a_phone_the_outcome_is_where_one_tapped()
    {
        await using var visit = await portal.VisitAsync(s_phone);
        await visit.SignUpAsync("Losing Responses AG");
        await visit.OpenAsync("Losing Responses AG");

        await visit.Button("Lose a response").TapAsync();

        var outcome = visit.Page.Locator("#outcome");
        await Assertions.Expect(outcome).ToContainTextAsync("Recovered. Nothing was lost.");
        await Assertions.Expect(outcome).ToBeInViewportAsync();
        await Assertions.Expect(visit.Button("Lose a response")).ToBeInViewportAsync();
        await Assertions.Expect(visit.State).ToContainTextAsync("Connected");
        await visit.CheckAsync("portal-recovered");
        portal.Simulation.Server.AssertNoViolations();
        visit.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task An_action_that_takes_seconds_shows_that_it_is_under_way_and_is_sent_once()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpAsync("Waiting Ltd");
        await visit.OpenAsync("Waiting Ltd");
        var sent = 0;
        visit.Page.Request += (_, request) => sent += request.Method == "POST" ? 1 : 0;
        portal.Simulation.Server.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(2)));

        // Looked at in the page itself: a locator would wait for the page that comes next.
        var shown = await visit.Button("Renew now").EvaluateAsync<string>(
            """
            async button => {
              button.click();
              const shown = `${button.textContent} ${button.ariaBusy}`;
              await new Promise(done => setTimeout(done, 100));
              button.click();
              return shown;
            }
            """);

        Assert.Equal("Renewing… true", shown);
        await Assertions.Expect(visit.Page.Locator("#outcome")).ToContainTextAsync("Renewed.");
        Assert.Equal(1, sent);
        visit.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task An_outage_shows_on_every_row_is_told_as_one_and_is_survived()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpAsync("Patient GmbH");
        await visit.OpenAsync("Patient GmbH");

        await visit.Button("Start an outage").ClickAsync();
        try
        {
            await visit.Button("Renew now").ClickAsync();
            await Assertions.Expect(visit.Timeline).ToContainTextAsync("Airwallex did not respond");
            await Assertions.Expect(visit.State).ToContainTextAsync("Airwallex does not respond");
            await visit.CheckAsync("portal-outage");
            await visit.Page.GotoAsync("");
            await Assertions.Expect(visit.Row("Patient GmbH")).ToContainTextAsync("Airwallex does not respond");
            await visit.CheckAsync("portal-index-outage");
        }
        finally
        {
            await visit.Page.GotoAsync("");
            await visit.Button("End the outage").ClickAsync();
        }

        await visit.OpenAsync("Patient GmbH");
        await Assertions.Expect(visit.Timeline).ToContainTextAsync(
            new Regex("Renewed|Recovered"), new() { Timeout = 60_000 });
        await Assertions.Expect(visit.State).ToContainTextAsync("Connected");
        visit.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task A_connection_that_ended_with_the_admin_role_is_taken_up_again_with_it()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpAsync("Former Admin SA");
        await visit.OpenAsync("Former Admin SA");

        await visit.Button("Remove the admin role").ClickAsync();

        await Assertions.Expect(visit.State).ToContainTextAsync("Must connect again");
        await Assertions.Expect(visit.Page.Locator("#outcome")).ToContainTextAsync("Airwallex ended the connection");
        await Assertions.Expect(visit.Button("Lose a response")).ToHaveCountAsync(0);
        await visit.CheckAsync("portal-must-connect-again");

        await visit.Button("Restore the admin role").ClickAsync();
        await visit.Button("Try again").ClickAsync();
        await Assertions.Expect(visit.State).ToContainTextAsync("Connected");
        visit.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task A_message_that_was_lost_is_all_that_is_left_to_deliver_after_a_silent_disconnection()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpAsync("Silent Ltd");
        await visit.OpenAsync("Silent Ltd");

        await visit.Button("Disconnect silently").ClickAsync();
        await Assertions.Expect(visit.Button("Disconnect at Airwallex")).ToHaveCountAsync(0);
        await Assertions.Expect(visit.Button("Lose a response")).ToHaveCountAsync(0);
        await Assertions.Expect(visit.State).ToContainTextAsync("Connected");
        await visit.Button("Deliver the message").ClickAsync();

        await Assertions.Expect(visit.State).ToContainTextAsync("Disconnected");
        await Assertions.Expect(visit.Button("Deliver the message")).ToHaveCountAsync(0);
        visit.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task Without_scripts_everything_works_but_live_updates()
    {
        await using var visit = await portal.VisitAsync(new() { JavaScriptEnabled = false });
        await visit.SignUpAsync("Plain Pages Oy");
        await visit.OpenAsync("Plain Pages Oy");

        await visit.Button("Renew now").ClickAsync();
        await Assertions.Expect(visit.Page.Locator("#outcome")).ToBeVisibleAsync();
        await visit.Page.ReloadAsync();
        await Assertions.Expect(visit.Timeline).ToContainTextAsync("Renewed.");
        await visit.Page.Locator("#remove summary").ClickAsync();
        await visit.Button("Yes, remove it").ClickAsync();

        await Assertions.Expect(visit.Row("Plain Pages Oy")).ToHaveCountAsync(0);
    }

    [BrowserFact]
    public async Task The_flow_works_by_keyboard_on_a_phone_in_the_dark()
    {
        await using var visit = await portal.VisitAsync(s_phone);
        var keyboard = visit.Page.Keyboard;
        await visit.Page.GotoAsync("");
        await keyboard.PressAsync("Tab");
        await Assertions.Expect(visit.Link("Skip to content")).ToBeFocusedAsync();
        await keyboard.PressAsync("Enter");
        await keyboard.PressAsync("Tab");
        await Assertions.Expect(visit.Link("Sign up with Airwallex")).ToBeFocusedAsync();
        await keyboard.PressAsync("Enter");
        await visit.Page.GetByLabel("Business name").FocusAsync();
        await keyboard.TypeAsync("Pocket Shop");
        await keyboard.PressAsync("Tab");
        await keyboard.TypeAsync("Ada Example");
        await keyboard.PressAsync("Tab");
        await keyboard.TypeAsync("ada@example.com");
        await keyboard.PressAsync("Enter");
        await visit.Page.GetByLabel("Verification code").FillAsync("246810");
        await keyboard.PressAsync("Enter");
        await visit.Button("Create account").PressAsync("Enter");
        await visit.Button("Authorize").PressAsync("Enter");

        await visit.Link("Pocket Shop").PressAsync("Enter");
        await visit.Page.Locator("#remove summary").PressAsync("Enter");
        await visit.Button("Yes, remove it").PressAsync("Enter");

        await Assertions.Expect(visit.Row("Pocket Shop")).ToHaveCountAsync(0);
        visit.AssertNoComplaints();
    }
}
