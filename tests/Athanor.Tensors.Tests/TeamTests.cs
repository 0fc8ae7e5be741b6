using Athanor.Tensors.Threading;

namespace Athanor.Tensors.Tests;

public sealed unsafe class TeamTests
{

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_item_is_done_once_whatever_the_size_of_the_team(int size)
    {
        using var team = new Team(size);
        int* hits = stackalloc int[1000];
        for (int i = 0; i < 1000; i++)
            hits[i] = 0;
        for (int round = 0; round < 50; round++)
            team.For(1000, 7, &Hit, hits);
        for (int i = 0; i < 1000; i++)
            Assert.Equal(50, hits[i]);
    }

    private static void Hit(void* state, int member, long begin, long end)
    {
        for (long i = begin; i < end; i++)
            Interlocked.Increment(ref ((int*)state)[i]);
    }

    [Fact]
    public void An_exception_in_a_member_reaches_the_caller_and_the_team_lives_on()
    {
        using var team = new Team(3);
        for (int round = 0; round < 3; round++)
            Assert.Throws<InvalidOperationException>(() => team.Run(&Fail, null));
        int* hits = stackalloc int[10];
        for (int i = 0; i < 10; i++)
            hits[i] = 0;
        team.For(10, 1, &Hit, hits);
        for (int i = 0; i < 10; i++)
            Assert.Equal(1, hits[i]);
    }

    private static void Fail(void* state, int member)
    {
        if (member == 1)
            throw new InvalidOperationException("member 1");
    }
}
