using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace Airwallex.OAuth.AspNetCore;

/// <summary>
/// Refuses to start, before the server listens and once every endpoint is mapped, with a flow that could not work.
/// </summary>
internal sealed class ConnectFlowStartCheck(ConnectFlow flow) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        next(app);
        flow.Check();
    };
}
