using Athanor.Inference.Running;

namespace Athanor.Inference.Tests.Running;

public sealed class QueuePaceTests
{
    private sealed class Clock : TimeProvider
    {
        private long _seconds = 1;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _seconds;

        public void Pass(long seconds) => _seconds += seconds;
    }

    private readonly Clock _clock = new();

    [Fact]
    public void A_steady_queue_takes_its_length_times_its_pace()
    {
        var pace = new QueuePace(_clock);
        pace.Waits(1);
        for (int i = 0; i < 100; i++)
        {
            _clock.Pass(3);
            pace.Began(1);
        }
        Assert.Equal(30, pace.ExpectedWait(10).TotalSeconds, 0.1);
        Assert.Equal(TimeSpan.Zero, pace.ExpectedWait(0));
    }

    [Fact]
    public void Bursts_count_as_what_they_begin()
    {
        var pace = new QueuePace(_clock);
        pace.Waits(1);
        for (int i = 0; i < 20; i++)
        {
            _clock.Pass(64);
            pace.Began(32);
            Assert.InRange(pace.ExpectedWait(40).TotalSeconds, 40, 80.1);
        }
        // Nothing moves between bursts, which is as it should be.
        _clock.Pass(60);
        Assert.InRange(pace.ExpectedWait(40).TotalSeconds, 60, 80.1);
    }

    [Fact]
    public void A_queue_that_stands_still_is_noticed_and_so_is_that_it_moves_again()
    {
        var pace = new QueuePace(_clock);
        pace.Waits(1);
        _clock.Pass(500);
        Assert.Equal(500, pace.ExpectedWait(1).TotalSeconds);
        pace.Began(1);
        Assert.InRange(pace.ExpectedWait(5).TotalSeconds, 100, 500);
        for (int i = 0; i < 60; i++)
            pace.Began(1);
        Assert.InRange(pace.ExpectedWait(5).TotalSeconds, 0, 1);
    }

    [Fact]
    public void The_time_in_which_none_waits_is_not_counted()
    {
        var pace = new QueuePace(_clock);
        for (int i = 0; i < 10; i++)
        {
            _clock.Pass(1000);
            pace.Waits(1);
            _clock.Pass(1);
            pace.Began(1);
        }
        pace.Waits(1);
        Assert.InRange(pace.ExpectedWait(1).TotalSeconds, 0, 1);
    }
}
