using Athanor.Tensors.Optimizers;
using Athanor.Tensors.Safetensors;
using Athanor.Tensors.Tests.Safetensors;
using Athanor.Tensors.Tests.Testing;

namespace Athanor.Tensors.Tests.Optimizer;

public sealed unsafe class OptimizerTests
{
    private static readonly Shape[] Shapes = [new(7, 50), new(3, 4, 6), new(300, 2)];

    public static TheoryData<string, DType> Kinds()
    {
        var data = new TheoryData<string, DType>();
        foreach (string kind in (string[])["AdamW", "AdamW8Bit", "Lion", "Sgd", "Muon"])
        {
            data.Add(kind, DType.F32);
            data.Add(kind, DType.BF16);
        }
        return data;
    }

    private static Optimizers.Optimizer Make(string kind, params ParameterGroup[] groups) => kind switch
    {
        "AdamW" => new AdamW(groups),
        "AdamW8Bit" => new AdamW8Bit(groups),
        "Lion" => new Lion(groups),
        "Sgd" => new Sgd(groups),
        _ => new Muon(groups),
    };

    /// <summary>Three parameters in one group or in one each, with everything that owns memory.</summary>
    private sealed class Model : IDisposable
    {
        private readonly List<IDisposable> _owned = [];

        public Model(Device device, DType type, string kind, bool split = false)
        {
            Parameters = [.. Shapes.Select((shape, i) => Own(new Parameter(device, $"layer.{i}", shape, type)))];
            for (int i = 0; i < Shapes.Length; i++)
            {
                using TestBuffer values = TestData.Normal(i, Shapes[i].Count, DType.F32);
                device.Upload(Parameters[i], values.ToArray());
            }
            Groups = split ? [.. Parameters.Reverse().Select(p => Own(new ParameterGroup(p.Name, [p])))] : [Own(new ParameterGroup("all", Parameters))];
            Optimizer = Own(Make(kind, Groups));
        }

        public Parameter[] Parameters { get; }
        public ParameterGroup[] Groups { get; }
        public Optimizers.Optimizer Optimizer { get; }

        public void Run(int from, int to)
        {
            for (int step = from; step <= to; step++)
            {
                SetGradients(step);
                Optimizer.Step(1e-2f);
            }
        }

        public void SetGradients(int step)
        {
            for (int i = 0; i < Parameters.Length; i++)
                OptimizerBuffers.GradientOf(step * 10 + i, (int)Shapes[i].Count).CopyTo(new Span<float>(Parameters[i].Gradient.Data, (int)Shapes[i].Count));
        }

        public byte[] Bytes() => [.. Parameters.SelectMany(p => new Span<byte>(p.Value.Data, (int)p.Shape.Count * p.DType.Size()).ToArray())];

        public void Dispose()
        {
            for (int i = _owned.Count - 1; i >= 0; i--)
                _owned[i].Dispose();
        }

        private T Own<T>(T item) where T : IDisposable
        {
            _owned.Add(item);
            return item;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_run_resumed_from_a_checkpoint_ends_in_the_same_bytes_whatever_its_groups(string kind, DType type)
    {
        var device = new CpuDevice();
        using var directory = new TemporaryDirectory();
        using var whole = new Model(device, type, kind);
        whole.Run(1, 3);
        SafetensorsWriter.Write(directory["state"], whole.Optimizer.ExportState());
        SafetensorsWriter.Write(directory["weights"], whole.Parameters.Select(SafetensorsSource.Of));
        whole.Run(4, 6);
        foreach (bool split in (bool[])[false, true])
        {
            using var resumed = new Model(device, type, kind, split);
            using SafetensorsFile weights = SafetensorsFile.Open(directory["weights"]), state = SafetensorsFile.Open(directory["state"]);
            foreach (Parameter parameter in resumed.Parameters)
                weights.Load(parameter);
            resumed.Optimizer.ImportState(state);
            Assert.Equal(3, resumed.Optimizer.Steps);
            resumed.Run(4, 6);
            Assert.Equal(whole.Bytes(), resumed.Bytes());
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_number_of_threads_changes_no_bit(string kind, DType type)
    {
        byte[]? expected = null;
        foreach (int threads in (int[])[1, 2, 5])
        {
            using var model = new Model(new CpuDevice(threads: threads), type, kind);
            model.Run(1, 3);
            byte[] bytes = model.Bytes();
            Assert.Equal(expected ??= bytes, bytes);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_step_clears_the_gradients_allocates_nothing_and_keeps_the_native_bytes(string kind, DType type)
    {
        var device = new CpuDevice();
        using var model = new Model(device, type, kind);
        model.SetGradients(1);
        model.Optimizer.ClearsGradients = false;
        model.Optimizer.Step(1e-3f);
        Assert.NotEqual(0f, model.Parameters[0].Gradient.Data == null ? 0 : ((float*)model.Parameters[0].Gradient.Data)[0]);
        model.Optimizer.ClearsGradients = true;
        model.Optimizer.Step(1e-3f);
        foreach (Parameter parameter in model.Parameters)
            Assert.Equal(-1, new ReadOnlySpan<float>(parameter.Gradient.Data, (int)parameter.Shape.Count).IndexOfAnyExcept(0f));
        Steady.AllocatesNothing(() => model.Optimizer.Step(1e-3f));
        NativeAccount.StaysConstant(device, kind == "Muon" ? 10 : 1000, () => model.Optimizer.Step(1e-3f));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Everything_native_is_given_back(string kind, DType type)
    {
        var device = new CpuDevice();
        NativeAccount.IsGivenBack(device, () =>
        {
            using var model = new Model(device, type, kind);
            model.Run(1, 1);
        });
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_linear_model_learns_through_the_tape(string kind, DType type)
    {
        var device = new CpuDevice();
        using TestBuffer inputs = TestData.Normal(1, 64 * 16, DType.F32), truth = TestData.Normal(2, 8 * 16, DType.F32, 0.2);
        using var weight = new Parameter(device, "w", new Shape(8, 16), type);
        using var group = new ParameterGroup("all", [weight]);
        using Optimizers.Optimizer optimizer = kind == "Lion" ? new Lion([group], new LionSettings(WeightDecay: 0)) : Make(kind, group);
        using var norm = new GradientNorm(group);
        device.Upload(weight, new float[8 * 16]);
        group.RefreshMaster();
        float rate = kind switch { "Sgd" => 0.05f, "Muon" => 0.05f, "Lion" => 0.02f, _ => 0.02f }, first = 0, last = 0;
        for (int step = 0; step < 80; step++)
        {
            using StepScope scope = StepScope.Begin(device);
            Tensor x = Tensor.From(device, new Shape(64, 16), inputs.ToArray(), type);
            Tensor wanted = Ops.Linear(x, Tensor.From(device, new Shape(8, 16), truth.ToArray(), type));
            Tensor loss = (Ops.Linear(x, weight) - wanted).Square().To(DType.F32).Mean();
            loss.Backward();
            last = loss.Item();
            first = step == 0 ? last : first;
            GradientReport report = norm.Measure(maxNorm: 100);
            Assert.True(report.IsFinite && report.Norm > 0);
            optimizer.Step(rate * (1 - step / 80f), report.Scale);
        }
        Assert.InRange(last / first, 0, 0.02);
    }

    [Fact]
    public void BF16_values_are_the_rounded_master_weights_and_small_steps_are_not_lost()
    {
        using var model = new Model(new CpuDevice(), DType.BF16, "AdamW");
        float first = BFloat16.ToSingle(((ushort*)model.Parameters[0].Value.Data)[0]);
        for (int step = 1; step <= 100; step++)
        {
            model.Groups[0].Gradient[0] = 1;
            model.Optimizer.Step(1e-4f);
        }
        for (long i = 0; i < model.Groups[0].Count; i++)
            Assert.Equal(BFloat16.FromSingle(model.Groups[0].Master[i]), model.Groups[0].Copy[i]);
        // Each step is far below half a unit of bf16, but a hundred of them are seen: 100 · 1e-4, and 0.1 · 0.01 of the weight by decay.
        Assert.Equal(first * 0.999 - 1e-2, model.Groups[0].Master[0], 1e-5);
        Assert.NotEqual(first, BFloat16.ToSingle(((ushort*)model.Parameters[0].Value.Data)[0]));
    }

    [Fact]
    public void Factors_of_a_group_scale_its_learning_rate_and_decay()
    {
        var device = new CpuDevice();
        using var a = new Parameter(device, "a", new Shape(1));
        using var b = new Parameter(device, "b", new Shape(1));
        device.Upload(a, [1f]);
        device.Upload(b, [1f]);
        using var first = new ParameterGroup("first", [a]) { LearningRateFactor = 0.5f };
        using var second = new ParameterGroup("second", [b]) { WeightDecayFactor = 0 };
        using var optimizer = new AdamW([first, second], new AdamWSettings(WeightDecay: 0.2f));
        *first.Gradient = *second.Gradient = 3;
        optimizer.Step(0.1f);
        Assert.Equal(1 - 0.05f * 0.2f - 0.05f, *first.Master, 1e-6f);
        Assert.Equal(1 - 0.1f, *second.Master, 1e-6f);
    }

    [Fact]
    public void Clipping_acts_inside_the_step_and_a_norm_that_is_not_finite_is_reported()
    {
        using var model = new Model(new CpuDevice(), DType.F32, "Sgd", split: true);
        using var norm = new GradientNorm(model.Groups);
        model.SetGradients(1);
        double expected = Math.Sqrt(model.Parameters.Sum(p => new Span<float>(p.Gradient.Data, (int)p.Shape.Count).ToArray().Sum(g => (double)g * g)));
        GradientReport free = norm.Measure();
        Assert.Equal((expected, 1f), (free.Norm, free.Scale), new PairComparer(1e-12 * expected));
        GradientReport clipped = norm.Measure(maxNorm: 2, scale: 0.5f);
        Assert.Equal(expected / 2, clipped.Norm, 1e-12 * expected);
        Assert.Equal(2 / expected, clipped.Scale, 1e-6 / expected);
        Assert.True(clipped.IsFinite);

        float before = *model.Groups[0].Master, gradient = *model.Groups[0].Gradient;
        model.Optimizer.Step(1, clipped.Scale);
        Assert.Equal(before - gradient * clipped.Scale, *model.Groups[0].Master, 1e-6f);

        *model.Groups[1].Gradient = float.NaN;
        GradientReport broken = norm.Measure(maxNorm: 1);
        Assert.Equal((false, 0f), (broken.IsFinite, broken.Scale));
        Assert.Throws<ArgumentException>(() => model.Optimizer.Step(1e-3f, (float)broken.Norm));
        byte[] untouched = model.Bytes();
        model.Optimizer.ClearGradients();
        Assert.Equal(0, norm.Measure().Norm);
        Assert.Equal(untouched, model.Bytes());
        *model.Groups[2].Gradient = float.NegativeInfinity;
        Assert.False(norm.Measure().IsFinite);
    }

    private sealed class PairComparer(double tolerance) : IEqualityComparer<(double, float)>
    {
        public bool Equals((double, float) x, (double, float) y) => Math.Abs(x.Item1 - y.Item1) <= tolerance && x.Item2 == y.Item2;
        public int GetHashCode((double, float) obj) => 0;
    }

    [Fact]
    public void A_checkpoint_that_does_not_fit_changes_nothing()
    {
        using var directory = new TemporaryDirectory();
        using var adam = new Model(new CpuDevice(), DType.F32, "AdamW");
        using var lion = new Model(new CpuDevice(), DType.F32, "Lion");
        using var brain = new Model(new CpuDevice(), DType.BF16, "Lion");
        adam.Run(1, 2);
        lion.Run(1, 1);
        SafetensorsWriter.Write(directory["lion"], lion.Optimizer.ExportState());
        byte[] before = adam.Bytes();
        using SafetensorsFile file = SafetensorsFile.Open(directory["lion"]);
        Assert.Contains("'layer.0.v'", Assert.Throws<SafetensorsException>(() => adam.Optimizer.ImportState(file)).Message, StringComparison.Ordinal);
        Assert.Contains("'layer.0.master'", Assert.Throws<SafetensorsException>(() => brain.Optimizer.ImportState(file)).Message, StringComparison.Ordinal);
        Assert.Equal(2, adam.Optimizer.Steps);
        Assert.Equal(before, adam.Bytes());
        using var other = new Parameter(adam.Groups[0].Device, "layer.0", new Shape(7, 51));
        SafetensorsWriter.Write(directory["weights"], [SafetensorsSource.Of(adam.Parameters[0])]);
        using SafetensorsFile weights = SafetensorsFile.Open(directory["weights"]);
        string message = Assert.Throws<SafetensorsException>(() => weights.Load(other)).Message;
        Assert.Contains("its shape is [7, 50], the parameter 'layer.0' has [7, 51]", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_written_from_outside_reach_the_master_on_request_and_types_convert()
    {
        using var directory = new TemporaryDirectory();
        var device = new CpuDevice();
        using var source = new Parameter(device, "w", new Shape(3));
        device.Upload(source, [1.00390625f, -2f, 1e-3f]);
        SafetensorsWriter.Write(directory["w"], [SafetensorsSource.Of(source)]);
        using SafetensorsFile file = SafetensorsFile.Open(directory["w"]);
        using var target = new Parameter(device, "v", new Shape(3), DType.BF16);
        using var group = new ParameterGroup("g", [target]);
        file.Load(target, "w");
        group.RefreshMaster();
        // 1 + 2^-8 is a tie between 1 and 1 + 2^-7: the even one is 1.
        Assert.Equal([1f, -2f, BFloat16.ToSingle(BFloat16.FromSingle(1e-3f))], new Span<float>(group.Master, 3).ToArray());
    }

    [Fact]
    public void Groups_refuse_what_cannot_be_optimized_together()
    {
        CpuDevice device = new(), elsewhere = new();
        using var a = new Parameter(device, "a", new Shape(2));
        using var brain = new Parameter(device, "brain", new Shape(2), DType.BF16);
        using var far = new Parameter(elsewhere, "far", new Shape(2));
        using var buffer = new Parameter(device, "buffer", new Shape(2), trainable: false);
        Assert.Contains("twice", Assert.Throws<ArgumentException>(() => new ParameterGroup("g", [a, a])).Message, StringComparison.Ordinal);
        Assert.Contains("brain: BF16[2]", Assert.Throws<ArgumentException>(() => new ParameterGroup("g", [a, brain])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ParameterGroup("g", [a, far]));
        Assert.Contains("not trainable", Assert.Throws<ArgumentException>(() => new ParameterGroup("g", [buffer])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new ParameterGroup("g", []));
        using (var group = new ParameterGroup("g", [a]))
        {
            Assert.Contains("already in the group g", Assert.Throws<ArgumentException>(() => new ParameterGroup("h", [a])).Message, StringComparison.Ordinal);
            Assert.Contains("a: F32[2]", Assert.Throws<ArgumentException>(() => new Muon([group])).Message, StringComparison.Ordinal);
            Assert.Throws<ArgumentException>(() => new AdamW([group], new AdamWSettings(Beta1: 1)));
            Assert.Throws<ArgumentException>(() => new Lion([group], new LionSettings(Beta2: float.NaN)));
            Assert.Throws<ArgumentException>(() => new Sgd([group], new SgdSettings(Momentum: 0, Nesterov: true)));
        }
        using var again = new ParameterGroup("again", [a]);
    }
}
