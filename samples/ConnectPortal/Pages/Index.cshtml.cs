using Microsoft.AspNetCore.Mvc;

namespace ConnectPortal.Pages;

/// <summary>Every connection, and what happened lately.</summary>
public sealed class IndexModel : PortalPage
{
    public IReadOnlyList<ConnectionView> All { get; private set; } = [];

    [FromQuery]
    public bool Declined { get; set; }

    public async Task OnGetAsync(CancellationToken cancellationToken) =>
        All = await FindConnectionsAsync(cancellationToken);
}
