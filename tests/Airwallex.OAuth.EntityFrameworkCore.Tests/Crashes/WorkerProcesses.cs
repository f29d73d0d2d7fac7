using System.Collections.Concurrent;
using System.Diagnostics;

namespace Airwallex.OAuth.EntityFrameworkCore.Tests.Crashes;

/// <summary>The worker processes of a crash test. Not thread-safe.</summary>
internal sealed class WorkerProcesses(string[] arguments) : IDisposable
{
    private readonly List<WorkerProcess> _running = [];

    /// <summary>What must not have happened.</summary>
    public ConcurrentQueue<string> Complaints { get; } = new();

    /// <summary>Everything that workers logged, for when something broke.</summary>
    public ConcurrentQueue<string> Logs { get; } = new();

    public int Started { get; private set; }

    public void Start() => _running.Add(new WorkerProcess(this, ++Started, arguments));

    /// <summary>
    /// SIGKILL for a random worker that is at work, and a new one in its place; false when no other would be left.
    /// </summary>
    public bool TryReplaceOne(Random random)
    {
        var ready = _running.Where(worker => worker.IsReady).ToList();
        if (ready.Count < 2)
        {
            return false;
        }

        Kill(ready[random.Next(ready.Count)]);
        Start();
        return true;
    }

    public void KillAll() => _running.ToList().ForEach(Kill);

    public void Dispose() => KillAll();

    private void Kill(WorkerProcess worker)
    {
        _running.Remove(worker);
        worker.Dispose();
    }

    private sealed class WorkerProcess : IDisposable
    {
        private readonly WorkerProcesses _all;
        private readonly int _number;
        private readonly Process _process;
        private volatile bool _isReady;

        public WorkerProcess(WorkerProcesses all, int number, string[] arguments)
        {
            (_all, _number) = (all, number);
            var start = new ProcessStartInfo(
                Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
                ["exec", typeof(Worker).Assembly.Location, .. arguments])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["DOTNET_TieredPGO"] = "0"; // Killed before optimized code would pay.
            _process = Process.Start(start)!;
            _process.OutputDataReceived += (_, line) => Hear(line.Data);
            _process.ErrorDataReceived += (_, line) => _all.Logs.Enqueue($"worker {_number}: {line.Data}");
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        public bool IsReady => _isReady;

        public void Dispose()
        {
            if (_process.HasExited)
            {
                _all.Complaints.Enqueue($"worker {_number} ended by itself");
            }

            _process.Kill(); // SIGKILL: nothing is finished, nothing released.
            _process.WaitForExit();
            _process.Dispose();
        }

        private void Hear(string? said)
        {
            if (said == "ready")
            {
                _isReady = true;
            }
            else if (!string.IsNullOrEmpty(said))
            {
                _all.Complaints.Enqueue($"worker {_number}: {said}");
            }
        }
    }
}
