namespace Athanor.Inference.Speculation;

/// <summary>
/// Decides how deep texts are guessed. From how often the first, the second, … guess was right follow the tokens that a step of each depth gives; with what steps of each depth
/// took, that is tokens a second. It keeps to the fastest depth, 0 (no guesses) among them, and now and then tries the next deeper, the next shallower and plain steps to know what
/// they take. So guessing that loses ends by itself and is tried again ever more rarely. Loads differ: each doubling of the number of texts has figures of its own. Texts do not
/// depend on any of this.
/// </summary>
public sealed class SpeculationGovernor
{
    // Trials of a few steps, ever rarer while they change nothing; another depth must be better by a twentieth. Counts fade over about fifty steps.
    private const int TrialSteps = 4, FirstPause = 8, LongestPause = 256;
    private const double Margin = 1.05, Kept = 0.98;

    private readonly int[] _depths;
    private readonly Load?[] _loads = new Load?[32];

    /// <summary>A governor.</summary>
    /// <param name="most">The deepest guess.</param>
    public SpeculationGovernor(int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(most, 64);
        int[] steps = [0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48];
        _depths = [.. steps.TakeWhile(depth => depth < most), most];
    }

    /// <summary>The depth of the next step; 0 for no guesses.</summary>
    /// <param name="texts">Texts that are being written.</param>
    public int Depth(int texts)
    {
        Load load = LoadOf(texts);
        return _depths[load.Trial >= 0 ? load.Trial : load.Current];
    }

    /// <summary>Takes the measurement of a step in which texts were written and no prompt was read.</summary>
    /// <param name="depth">What <see cref="Depth"/> said.</param>
    /// <param name="accepted">For each text how many guesses were right, 0 where there was none.</param>
    /// <param name="seconds">What the step took, guessing included.</param>
    public void Measured(int depth, ReadOnlySpan<int> accepted, double seconds)
    {
        int arm = Array.IndexOf(_depths, depth);
        if (arm < 0 || !(seconds > 0) || accepted.Length == 0)
            return;
        Load load = LoadOf(accepted.Length);
        load.Add(arm, depth, accepted, seconds);
        if (load.Trial >= 0)
        {
            if (arm != load.Trial || ++load.Steps < TrialSteps)
                return;
            (load.Trial, load.Steps) = (-1, 0);
        }
        int best = load.Current;
        for (int other = 0; other < _depths.Length; other++)
        {
            if (load.Rate(other, _depths) > load.Rate(best, _depths))
                best = other;
        }
        if (best != load.Current && load.Rate(best, _depths) > Margin * load.Rate(load.Current, _depths))
            (load.Current, load.Pause, load.Steps) = (best, FirstPause, 0);
        if (++load.Steps >= load.Pause)
            Try(load);
    }

    private void Try(Load load)
    {
        // In turn: none, deeper, shallower; from none the depth that would be next best.
        int turn = load.Turn++ % 3, trial = turn == 0 ? 0 : turn == 1 ? Math.Min(load.Current + 1, _depths.Length - 1) : load.Current - 1;
        if (load.Current == 0)
        {
            trial = 1;
            for (int other = 2; other < _depths.Length; other++)
            {
                if (load.Rate(other, _depths) > load.Rate(trial, _depths))
                    trial = other;
            }
            // What is learned now counts against what was long ago.
            load.Doubt();
        }
        load.Steps = 0;
        load.Pause = Math.Min(2 * load.Pause, LongestPause);
        if (trial != load.Current)
            load.Trial = trial;
    }

    private Load LoadOf(int texts) => _loads[System.Numerics.BitOperations.Log2((uint)Math.Max(1, texts))] ??= new Load(_depths, Math.Min(4, _depths.Length - 1));

    private sealed class Load(int[] depths, int start)
    {
        private readonly double[] _seconds = new double[depths.Length], _right = new double[depths[^1]], _asked = new double[depths[^1]];

        private const int Window = 9;

        private readonly double[] _times = new double[depths.Length * Window];
        private readonly int[] _taken = new int[depths.Length];
        private int _last = -1;

        public int Current { get; set; } = start;
        public int Trial { get; set; } = -1;
        public int Steps { get; set; }
        public int Turn { get; set; }
        public int Pause { get; set; } = FirstPause;

        public void Add(int arm, int depth, ReadOnlySpan<int> accepted, double seconds)
        {
            // The first step of another depth finds the caches as the last one left them, and a draft model reads what was written meanwhile.
            if (arm == _last)
                Time(arm, seconds);
            _last = arm;
            for (int i = 0; i < depth; i++)
            {
                int right = 0;
                foreach (int count in accepted)
                    right += count > i ? 1 : 0;
                (_right[i], _asked[i]) = (_right[i] * Kept + right, _asked[i] * Kept + accepted.Length);
            }
        }

        // The lower quartile of the last nine: a step that the machine held up says nothing of its depth, and nothing makes one too fast.
        private void Time(int arm, double seconds)
        {
            Span<double> times = _times.AsSpan(arm * Window, Window);
            times[_taken[arm]++ % Window] = seconds;
            Span<double> sorted = stackalloc double[Window];
            sorted = sorted[..Math.Min(Window, _taken[arm])];
            times[..sorted.Length].CopyTo(sorted);
            sorted.Sort();
            _seconds[arm] = sorted[(sorted.Length - 1) / 4];
        }

        public void Doubt()
        {
            for (int i = 0; i < _asked.Length; i++)
                (_right[i], _asked[i]) = (_right[i] / 8, _asked[i] / 8);
        }

        /// <summary>Tokens a second of a text; 0 where no step of the depth was measured.</summary>
        public double Rate(int arm, int[] depths)
        {
            if (_seconds[arm] == 0)
                return 0;
            double tokens = 1, reached = 1, ratio = 1;
            for (int i = 0; i < depths[arm]; i++)
            {
                // Deeper than was ever asked it goes on as it went.
                double now = _asked[i] > 0 ? Math.Min(reached, _right[i] / _asked[i]) : reached * ratio;
                ratio = reached > 0 ? now / reached : 0;
                tokens += reached = now;
            }
            return tokens / _seconds[arm];
        }
    }
}
