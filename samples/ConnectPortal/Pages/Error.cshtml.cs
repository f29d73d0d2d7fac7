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
        404 => "This page does not exist",
        < 500 => "This request cannot be handled",
        _ => "Something went wrong here",
    };

    public string Explanation => Status switch
    {
        404 => "The address may be old, or the connection was removed.",
        < 500 => "The page may have been open for too long. Go back to the start and try again.",
        _ => "Nothing is lost. Try again in a moment.",
    };
}
