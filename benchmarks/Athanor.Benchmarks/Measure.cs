using System.Diagnostics;

namespace Athanor.Benchmarks;

/// <summary>
/// Times contestants in turns within one process. Shared machines have slow states that last from milliseconds to many seconds and
/// hit whoever runs; in turns they hit all contestants alike, and best and median together show them.
/// </summary>
internal sealed class Measure
{
    /// <summary>Data sets that a contestant rotates through, so that its activations do not stay in a cache.</summary>
    public const int Sets = 3;

    /// <summary>Everyone runs once: whether the cases work at all is asked, not how fast they are.</summary>
    public static bool Once { get; set; }

    private readonly List<Contestant> _contestants = [];

    private sealed class Contestant(string name, Func<int, double> run, bool foreign)
    {
        public string Name { get; } = name;
        public Func<int, double> Run { get; } = run;
        public bool Foreign { get; } = foreign;
        public List<double> Rates { get; } = [];
    }

    /// <summary>Adds a contestant that does a fixed amount of work a call; the argument of <paramref name="run"/> is the data set to use.</summary>
    public void Add(string name, double work, Action<int> run, bool foreign = false) => Add(name, set => { run(set); return work; }, foreign);

    /// <summary>Adds a contestant that returns the work it did. Foreign ones have threads of their own, which must come to rest between turns.</summary>
    public void Add(string name, Func<int, double> run, bool foreign = false) => _contestants.Add(new Contestant(name, run, foreign));

    /// <summary>Runs everyone in turns, about <paramref name="seconds"/> each in total.</summary>
    public void Go(double seconds, int rounds = 4)
    {
        if (Once)
        {
            foreach (Contestant c in _contestants)
                c.Rates.Add(Timed(c, 0));
            return;
        }
        bool anyForeign = _contestants.Exists(c => c.Foreign);
        foreach (Contestant c in _contestants)
            c.Run(0);
        for (int round = 0; round < rounds; round++)
        {
            foreach (Contestant c in _contestants)
            {
                if (anyForeign)
                    Thread.Sleep(25);
                c.Run(1);
                long start = Stopwatch.GetTimestamp();
                for (int i = 0; i < 2 || Stopwatch.GetElapsedTime(start).TotalSeconds < seconds / rounds; i++)
                    c.Rates.Add(Timed(c, i % Sets));
            }
        }
        foreach (Contestant c in _contestants)
            c.Rates.Sort();
    }

    private static double Timed(Contestant contestant, int set)
    {
        long from = Stopwatch.GetTimestamp();
        double work = contestant.Run(set);
        return work / Stopwatch.GetElapsedTime(from).TotalSeconds;
    }

    /// <summary>The median rate of a contestant, in work per second.</summary>
    public double Median(string name) => Rates(name) is { Count: > 0 } rates ? rates[rates.Count / 2] : double.NaN;

    /// <summary>The best rate of a contestant, in work per second.</summary>
    public double Best(string name) => Rates(name) is { Count: > 0 } rates ? rates[^1] : double.NaN;

    private List<double> Rates(string name) => _contestants.Find(c => c.Name == name)?.Rates ?? [];
}
