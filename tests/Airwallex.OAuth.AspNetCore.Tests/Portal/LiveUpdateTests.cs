using System.Text.RegularExpressions;
using Microsoft.Playwright;

namespace Airwallex.OAuth.AspNetCore.Tests.Portal;

/// <summary>What an open page does when something happens elsewhere.</summary>
public sealed class LiveUpdateTests(PortalFixture portal) : IClassFixture<PortalFixture>
{
    [BrowserFact]
    public async Task Another_browser_sees_a_renewal_without_a_reload_and_hears_of_it()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpAsync("Refreshing Inc");
        await visit.OpenAsync("Refreshing Inc");
        await using var other = await OpenLiveAsync(visit.Page.Url);
        await other.Page.EvaluateAsync("() => { window.loadedOnce = true; }");

        await visit.Button("Renew now").ClickAsync();

        await Assertions.Expect(other.Timeline).ToContainTextAsync("Renewed.");
        await Assertions.Expect(other.Page.Locator("#announcement")).ToContainTextAsync("Renewed.");
        Assert.True(await other.Page.EvaluateAsync<bool>("() => window.loadedOnce === true"));
        other.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task An_open_question_and_the_focus_stay_and_what_was_postponed_comes_afterwards()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpAsync("Undisturbed SpA");
        await visit.OpenAsync("Undisturbed SpA");
        await using var other = await OpenLiveAsync(visit.Page.Url);
        await other.Page.Locator("#remove summary").ClickAsync();
        await other.Timeline.Locator("summary").First.ClickAsync();
        await other.Button("Yes, remove it").FocusAsync();

        await visit.Button("Remove the admin role").ClickAsync();

        await Assertions.Expect(other.State).ToContainTextAsync("Must connect again");
        await Assertions.Expect(other.Button("Yes, remove it")).ToBeFocusedAsync();
        await Assertions.Expect(other.Page.Locator("#remove")).ToHaveAttributeAsync("open", "");
        await Assertions.Expect(other.Timeline.Locator("details[open]")).ToHaveCountAsync(1);
        await Assertions.Expect(other.Link("Connect again")).ToHaveCountAsync(0);

        await other.Page.Locator("#remove summary").ClickAsync();
        await other.Page.Locator("h1").ClickAsync();
        await Assertions.Expect(other.Link("Connect again")).ToBeVisibleAsync();
        other.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task Removing_asks_first_and_a_page_whose_connection_is_gone_says_so()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpAsync("Leaving LLC");
        await visit.OpenAsync("Leaving LLC");
        await using var other = await OpenLiveAsync(visit.Page.Url);

        await Assertions.Expect(visit.Button("Yes, remove it")).ToBeHiddenAsync();
        await visit.Page.Locator("#remove summary").ClickAsync();
        await visit.CheckAsync("portal-remove");
        await visit.Button("Yes, remove it").ClickAsync();

        await Assertions.Expect(visit.Row("Leaving LLC")).ToHaveCountAsync(0);
        await Assertions.Expect(other.Page.Locator("#gone")).ToBeVisibleAsync();
        visit.AssertNoComplaints();
        other.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task A_tab_that_is_not_looked_at_has_no_event_stream_and_catches_up_when_it_is()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpAsync("Hidden Tab AB");
        await visit.OpenAsync("Hidden Tab AB");
        var page = visit.Page.Url;
        var streams = 0;
        await using var other = await portal.VisitAsync();
        other.Page.Request += (_, request) => streams += IsStream(request) ? 1 : 0;
        other.Page.RequestFailed += (_, request) => streams -= IsStream(request) ? 1 : 0;
        other.Page.RequestFinished += (_, request) => streams -= IsStream(request) ? 1 : 0;
        await other.Page.GotoAsync(page);
        await Assertions.Expect(other.Page.Locator("#live")).ToHaveTextAsync("Live");
        await WaitUntilAsync(() => streams == 1);

        await ShowAsync(other, "hidden");
        await WaitUntilAsync(() => streams == 0);
        await visit.Button("Renew now").ClickAsync();
        await Assertions.Expect(visit.Timeline).ToContainTextAsync("Renewed.");
        await Assertions.Expect(other.Timeline).Not.ToContainTextAsync("Renewed.");

        await ShowAsync(other, "visible");
        await Assertions.Expect(other.Timeline).ToContainTextAsync("Renewed.");
        await WaitUntilAsync(() => streams == 1);

        static bool IsStream(IRequest request) => new Regex("/live$").IsMatch(request.Url);
    }

    private async Task<Visit> OpenLiveAsync(string url)
    {
        var visit = await portal.VisitAsync();
        await visit.Page.GotoAsync(url);
        await Assertions.Expect(visit.Page.Locator("#live")).ToHaveTextAsync("Live");
        return visit;
    }

    private static async Task ShowAsync(Visit visit, string visibility) => await visit.Page.EvaluateAsync(
        """
        visibility => {
          Object.defineProperty(document, "visibilityState", { value: visibility, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }
        """,
        visibility);

    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        for (var looks = 0; !condition() && looks < 1200; looks++)
        {
            await Task.Delay(50);
        }

        Assert.True(condition());
    }
}
