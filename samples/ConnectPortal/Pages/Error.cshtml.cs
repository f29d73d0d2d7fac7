using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace ConnectPortal.Pages;

/// <summary>What a visitor sees when there is nothing else to show.</summary>
[IgnoreAntiforgeryToken]
public sealed class ErrorModel : PageModel
{
    [FromRoute]
    public int Status { get; set; }

    public string Text => Status switch
    {
        404 => "There is no such page",
        < 500 => "This page cannot be shown",
        _ => "Something went wrong here",
    };
}
