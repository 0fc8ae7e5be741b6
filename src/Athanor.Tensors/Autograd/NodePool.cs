namespace Athanor.Tensors.Autograd;

/// <summary>Spare nodes of one kind, per thread.</summary>
internal static class NodePool<TNode>
    where TNode : Node, new()
{
    [ThreadStatic] private static Stack<TNode>? _spare;

    public static TNode Rent() => _spare is { Count: > 0 } spare ? spare.Pop() : new TNode();

    public static void Return(TNode node) => (_spare ??= new Stack<TNode>()).Push(node);
}
