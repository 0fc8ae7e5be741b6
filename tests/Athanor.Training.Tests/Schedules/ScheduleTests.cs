using Athanor.Training.Schedules;

namespace Athanor.Training.Tests.Schedules;

public sealed class ScheduleTests
{
    [Fact]
    public void Warm_up_learns_from_the_first_step_and_ends_at_the_peak()
    {
        foreach (LearningRateSchedule schedule in (LearningRateSchedule[])[new CosineSchedule(), new LinearSchedule(), new ConstantSchedule(), new InverseSqrtSchedule(), new WarmupStableDecaySchedule(), new CosineRestartsSchedule()])
        {
            Assert.Equal(0.25, schedule.Factor(0, 4, 100), 12);
            Assert.Equal(0.75, schedule.Factor(2, 4, 100), 12);
            Assert.Equal(1, schedule.Factor(3, 4, 100), 12);
        }
    }

    [Theory]
    [InlineData(10, 1)]
    [InlineData(35, 0.1 + 0.9 * 0.853553390593)]
    [InlineData(60, 0.55)]
    [InlineData(110, 0.1)]
    [InlineData(500, 0.1)]
    public void Cosine_falls_to_its_floor(long step, double expected) => Assert.Equal(expected, new CosineSchedule().Factor(step, 10, 110), 9);

    [Theory]
    [InlineData(10, 1)]
    [InlineData(35, 0.75)]
    [InlineData(109, 0.01)]
    [InlineData(110, 0)]
    public void Linear_falls_to_zero(long step, double expected) => Assert.Equal(expected, new LinearSchedule().Factor(step, 10, 110), 9);

    [Fact]
    public void Linear_keeps_its_floor() => Assert.Equal(0.2 + 0.8 * 0.5, new LinearSchedule { Floor = 0.2 }.Factor(50, 0, 100), 12);

    [Theory]
    [InlineData(99, 100, 1)]
    [InlineData(399, 100, 0.5)]
    [InlineData(1599, 100, 0.25)]
    [InlineData(3, 0, 0.5)]
    public void Inverse_square_root_knows_no_end(long step, long warmup, double expected) => Assert.Equal(expected, new InverseSqrtSchedule().Factor(step, warmup, 10), 12);

    [Theory]
    [InlineData(DecayShape.Linear, 79, 1)]
    [InlineData(DecayShape.Linear, 80, 1)]
    [InlineData(DecayShape.Linear, 85, 0.75)]
    [InlineData(DecayShape.Cosine, 90, 0.5)]
    [InlineData(DecayShape.InverseSquare, 85, 0.5)]
    [InlineData(DecayShape.InverseSquare, 100, 0)]
    public void Warm_up_stable_decay_falls_in_the_last_part(DecayShape shape, long step, double expected) =>
        Assert.Equal(expected, new WarmupStableDecaySchedule { Falling = shape }.Factor(step, 10, 100), 9);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(25, 0.55)]
    [InlineData(50, 1)]
    [InlineData(75, 0.55)]
    [InlineData(100, 0.1)]
    public void Cosine_restarts_at_the_peak(long step, double expected) => Assert.Equal(expected, new CosineRestartsSchedule { Cycles = 2 }.Factor(step, 0, 100), 9);

    [Fact]
    public void Growing_cycles_take_their_shares()
    {
        var schedule = new CosineRestartsSchedule { Cycles = 2, Growth = 3 };
        Assert.Equal(1, schedule.Factor(25, 0, 100), 9);
        Assert.Equal(0.55, schedule.Factor(12, 0, 96), 9);
    }

    [Fact]
    public void A_batch_ramp_grows_to_the_full_batch()
    {
        var ramp = new BatchRamp { Start = 0.25, Over = 0.5 };
        Assert.Equal([16, 40, 64, 64], new[] { 0L, 25, 50, 99 }.Select(step => ramp.Rows(step, 100, 64)));
        Assert.Equal(1, new BatchRamp { Start = 0 }.Rows(0, 100, 64));
    }

    [Fact]
    public void A_length_ramp_grows_in_whole_steps()
    {
        var ramp = new LengthRamp { Start = 64, Over = 0.5, Multiple = 32 };
        Assert.Equal([64, 64, 160, 256, 256], new[] { 0L, 5, 25, 50, 99 }.Select(step => ramp.Length(step, 100, 256)));
        Assert.Equal(48, ramp.Length(0, 100, 48));
    }
}
