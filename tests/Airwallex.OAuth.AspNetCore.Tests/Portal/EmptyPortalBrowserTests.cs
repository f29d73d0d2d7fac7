using Microsoft.Playwright;

namespace Airwallex.OAuth.AspNetCore.Tests.Portal;

/// <summary>A portal of its own: nothing is connected yet, and time may pass without anybody minding.</summary>
public sealed class EmptyPortalBrowserTests(PortalFixture portal) : IClassFixture<PortalFixture>
{
    [BrowserFact]
    public async Task An_empty_portal_says_how_to_begin_and_a_token_that_ages_is_renewed_in_its_window()
    {
        await using var visit = await portal.VisitAsync();
        await visit.Page.GotoAsync("/");
        await visit.SeeAsync("No account is connected yet");
        await visit.CheckAsync("portal-empty");

        await visit.SignUpAsync("Ageing Well KG");
        for (var days = 20; days <= 40; days += 20)
        {
            await visit.Button("Let 20 days pass").ClickAsync();
            await visit.SeeAsync($"Day {days} of 90");
        }

        await visit.CheckAsync("portal-aged");
        await visit.Button("Let 20 days pass").ClickAsync();
        await visit.Button("Let 20 days pass").ClickAsync();

        // Day 80 is the end of the window: the keep-alive renews without any request.
        await Assertions.Expect(visit.Page.GetByText("Day 0 of 90")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await Assertions.Expect(visit.Page.Locator("#timeline")).ToContainTextAsync("Refreshed");
        portal.Simulation.Server.AssertNoViolations();
        visit.AssertNoComplaints();
    }
}
