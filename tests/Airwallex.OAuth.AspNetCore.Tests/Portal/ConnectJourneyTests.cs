using System.Text.RegularExpressions;
using Airwallex.OAuth.Testing;
using Microsoft.Playwright;

namespace Airwallex.OAuth.AspNetCore.Tests.Portal;

/// <summary>How customers connect in a real browser, with what they do in between, wherever the portal is.</summary>
public abstract class ConnectJourneyTests(PortalFixture portal)
{
    [BrowserFact]
    public async Task A_customer_signs_up_is_connected_and_opens_the_connection()
    {
        await using var visit = await portal.VisitAsync();

        await visit.SignUpAsync("Northwind Traders");

        await Assertions.Expect(visit.Row("Northwind Traders")).ToContainTextAsync("Connected");
        await visit.OpenAsync("Northwind Traders");
        await visit.Button("Show balances").ClickAsync();
        await visit.SeeAsync("EUR");
        visit.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task A_customer_with_an_account_connects_it_again_and_it_stays_one_connection()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpAsync("Fabrikam");

        await visit.Link("Connect with Airwallex").ClickAsync();
        await visit.LogInAndAuthorizeAsync("Fabrikam");

        await Assertions.Expect(visit.Row("Fabrikam")).ToHaveCountAsync(1);
        visit.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task A_customer_who_declines_is_told_that_nothing_was_connected()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpToConsentAsync("Declining Ltd");

        await visit.Button("Decline").ClickAsync();

        await visit.SeeAsync("Nothing was connected");
        await Assertions.Expect(visit.Row("Declining Ltd")).ToHaveCountAsync(0);
        visit.AssertNoComplaints();
    }

    [BrowserFact]
    public async Task A_double_click_on_authorize_ends_on_the_portal_with_one_connection()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpToConsentAsync("Double Click Ltd");
        portal.Simulation.Server.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(1)));

        await visit.Button("Authorize").DblClickAsync();

        await Assertions.Expect(visit.Row("Double Click Ltd")).ToHaveCountAsync(1);
        await Assertions.Expect(visit.Row("Double Click Ltd")).ToContainTextAsync("Connected");
    }

    [BrowserFact]
    public async Task A_reload_in_the_middle_of_the_exchange_ends_where_the_first_ended()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpToConsentAsync("Impatient Ltd");
        portal.Simulation.Server.Faults.Next(FaultTarget.Token, Fault.DelayResponse(TimeSpan.FromSeconds(3)));
        var callback = visit.Page.WaitForRequestAsync(new Regex("/airwallex/callback"));
        await visit.Button("Authorize").ClickAsync();

        var url = (await callback).Url;
        await visit.Page.GotoAsync(url);

        await Assertions.Expect(visit.Page).ToHaveURLAsync(portal.Address.AbsoluteUri);
        await Assertions.Expect(visit.Row("Impatient Ltd")).ToContainTextAsync("Connected");
    }

    [BrowserFact]
    public async Task A_callback_that_is_opened_once_more_later_leads_to_the_portal()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpToConsentAsync("Coming Twice Ltd");
        var callback = visit.Page.WaitForRequestAsync(new Regex("/airwallex/callback"));
        await visit.Button("Authorize").ClickAsync();
        await Assertions.Expect(visit.Row("Coming Twice Ltd")).ToBeVisibleAsync();

        await visit.Page.GoBackAsync();
        await visit.Page.GotoAsync((await callback).Url);

        await Assertions.Expect(visit.Page).ToHaveURLAsync(portal.Address.AbsoluteUri);
        await Assertions.Expect(visit.Row("Coming Twice Ltd")).ToContainTextAsync("Connected");
    }

    [BrowserFact]
    public async Task A_browser_that_blocks_cookies_gets_a_page_that_says_cookies()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpToConsentAsync("No Cookies Ltd");
        await visit.ForgetCookiesAsync();

        await visit.Button("Authorize").ClickAsync();

        await Assertions.Expect(visit.Page.Locator("main")).ToContainTextAsync("cookie");
        await visit.CheckAsync("library-cookies");
    }

    [BrowserFact]
    public async Task A_forged_callback_gets_a_page_that_leads_on_to_the_portal()
    {
        await using var visit = await portal.VisitAsync();

        var response = await visit.Page.GotoAsync("airwallex/callback?code=abc&state=forged");

        Assert.Equal(400, response!.Status);
        await visit.CheckAsync("library-forged");
        await visit.Page.Locator("main a").ClickAsync();
        Assert.StartsWith(portal.Address.AbsoluteUri, visit.Page.Url, StringComparison.Ordinal);
    }

    [BrowserFact]
    public async Task A_disconnection_at_Airwallex_is_seen_by_webhook_and_only_that_account_connects_again()
    {
        await using var visit = await portal.VisitAsync();
        await visit.SignUpAsync("Another Account BV");
        await visit.SignUpAsync("Coming Back BV");
        await visit.OpenAsync("Coming Back BV");

        await visit.Button("Disconnect at Airwallex").ClickAsync();
        await Assertions.Expect(visit.State).ToContainTextAsync("Disconnected");
        await visit.CheckAsync("portal-disconnected");
        visit.AssertNoComplaints();

        var page = visit.Page.Url;
        await visit.Link("Connect again").ClickAsync();
        await visit.LogInAndAuthorizeAsync("Another Account BV");
        await visit.CheckAsync("library-another-account");
        await visit.Page.GotoAsync(page);
        await Assertions.Expect(visit.State).ToContainTextAsync("Disconnected");

        await visit.Link("Connect again").ClickAsync();
        await visit.LogInAndAuthorizeAsync("Coming Back BV");
        await Assertions.Expect(visit.State).ToContainTextAsync("Connected");
    }
}

public sealed class DirectConnectJourneyTests(PortalFixture portal)
    : ConnectJourneyTests(portal), IClassFixture<PortalFixture>;

public sealed class PathBaseConnectJourneyTests(PathBasePortalFixture portal)
    : ConnectJourneyTests(portal), IClassFixture<PathBasePortalFixture>;

public sealed class ProxiedConnectJourneyTests(ProxiedPortalFixture portal)
    : ConnectJourneyTests(portal), IClassFixture<ProxiedPortalFixture>;
