using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Airwallex.OAuth.AspNetCore.Tests.Portal;

/// <summary>A portal of its own: nothing is connected yet, and time may pass for all connections.</summary>
public sealed class PortalTourTests(PortalFixture portal) : IClassFixture<PortalFixture>
{
    [BrowserFact]
    public async Task An_empty_portal_explains_itself_and_the_tour_of_twenty_days_works_where_it_is()
    {
        await using var visit = await portal.VisitAsync();
        await visit.Page.GotoAsync("");
        await visit.SeeAsync("No account is connected yet");
        await Assertions.Expect(visit.Page.Locator(".steps > li")).ToHaveCountAsync(3);
        await Assertions.Expect(visit.Page.Locator(".empty a").First).ToHaveTextAsync("Sign up with Airwallex");
        await Assertions.Expect(visit.Page.Locator("#trouble")).ToHaveCountAsync(0);
        await visit.CheckAsync("portal-empty");

        await visit.SignUpAsync("Ageing Well KG", check: true);
        await visit.CheckAsync("portal-index");
        await visit.OpenAsync("Ageing Well KG");
        await visit.CheckAsync("portal-connection");
        for (var days = 20; days <= 40; days += 20)
        {
            await visit.Button("Let 20 days pass").ClickAsync();
            await visit.SeeAsync($"Day {days} of 90");
        }

        Assert.EndsWith("#trouble-time", visit.Page.Url, StringComparison.Ordinal);
        await visit.CheckAsync("portal-aged");
        await visit.Button("Let 20 days pass").ClickAsync();
        await visit.Button("Let 20 days pass").ClickAsync();

        // The keep-alive has renewed between day 60 and day 80, without any request.
        await Assertions.Expect(visit.Page.Locator("#outcome")).ToContainTextAsync("Renewed.");
        await Assertions.Expect(visit.Page.Locator("#permission .value")).ToHaveTextAsync(
            new Regex(@"^Day (\d|1\d|20) of 90$"));
        await Assertions.Expect(visit.Timeline.Locator("time").First).ToHaveTextAsync(
            new Regex(@"^\d{1,2} \w{3} 20\d\d, \d\d:\d\d:\d\d UTC[+-]\d\d:\d\d$"));
        portal.Simulation.Server.AssertNoViolations();
        visit.AssertNoComplaints();
    }
}
