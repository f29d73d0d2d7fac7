using System.Collections.Concurrent;
using System.Diagnostics;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Crashes;

/// <summary>The worker processes of a crash test. Not thread-safe, save for what the processes say.</summary>
internal sealed class Workers(IReadOnlyCollection<string> arguments) : IDisposable
{
    private readonly List<WorkerProcess> _running = [];
    private int _started;

    /// <summary>What must not have happened.</summary>
    public ConcurrentQueue<string> Broken { get; } = new();

    /// <summary>Everything the workers logged, for when something broke.</summary>
    public ConcurrentQueue<string> Log { get; } = new();

    public int Started => _started;

    public void Start() => _running.Add(new WorkerProcess(this, ++_started, arguments));

    /// <summary>SIGKILL for a random worker that is at work, if another one is too: somebody must come back inside the grace period.</summary>
    public bool TryKillOne(Random random)
    {
        foreach (var dead in _running.Where(worker => worker.HasExited))
        {
            Broken.Enqueue($"worker {dead.Number} ended by itself");
        }

        var atWork = _running.Where(worker => worker.IsReady && !worker.HasExited).ToList();
        if (atWork.Count < 2)
        {
            return false;
        }

        Kill(atWork[random.Next(atWork.Count)]);
        return true;
    }

    public void KillAll()
    {
        foreach (var worker in _running.ToList())
        {
            Kill(worker);
        }
    }

    public void Dispose() => KillAll();

    private void Kill(WorkerProcess worker)
    {
        _running.Remove(worker);
        worker.Dispose();
    }

    private sealed class WorkerProcess : IDisposable
    {
        private readonly Process _process;

        public WorkerProcess(Workers workers, int number, IEnumerable<string> arguments)
        {
            Number = number;
            var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", ["exec", typeof(Worker).Assembly.Location, .. arguments])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };

            // They are killed before optimised code would pay.
            start.Environment["DOTNET_TieredPGO"] = "0";
            _process = Process.Start(start)!;
            _process.OutputDataReceived += (_, line) =>
            {
                if (line.Data == "ready")
                {
                    IsReady = true;
                }
                else if (line.Data is { Length: > 0 } said)
                {
                    workers.Broken.Enqueue($"worker {number}: {said}");
                }
            };
            _process.ErrorDataReceived += (_, line) => workers.Log.Enqueue($"worker {number}: {line.Data}");
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        public int Number { get; }

        public bool IsReady { get; private set; }

        public bool HasExited => _process.HasExited;

        public void Dispose()
        {
            _process.Kill(); // SIGKILL: nothing is finished, nothing released.
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
