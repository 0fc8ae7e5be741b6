using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Athanor.Serving.Catalog;

/// <summary>The models of a server by name. They may be added while the server runs; it is not ready until <see cref="Complete"/> was called.</summary>
public sealed class ModelCatalog
{
    private readonly Lock _lock = new();
    private ImmutableDictionary<string, ServedModel> _models = ImmutableDictionary.Create<string, ServedModel>(StringComparer.Ordinal);
    private ImmutableList<ServedModel> _listed = [];
    private volatile bool _complete;

    /// <summary>A catalog of models that are loaded; complete where there are any.</summary>
    public ModelCatalog(params IEnumerable<ServedModel> models)
    {
        ArgumentNullException.ThrowIfNull(models);
        foreach (ServedModel model in models)
            Add(model);
        _complete = _listed.Count > 0;
    }

    /// <summary>Whether every model has been loaded.</summary>
    public bool IsComplete => _complete;

    /// <summary>The models in the order in which they came, adapters behind the model they belong to; aliases are not listed.</summary>
    public IReadOnlyList<ServedModel> Models => _listed;

    /// <summary>Adds a model and a name for each of its engine's adapters.</summary>
    /// <exception cref="ArgumentException">A name is taken.</exception>
    public void Add(ServedModel model, params IEnumerable<string> aliases)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(aliases);
        lock (_lock)
        {
            ImmutableDictionary<string, ServedModel> models = _models;
            ServedModel[] added = [model, .. model.WithAdapters()];
            foreach ((string name, ServedModel target) in added.Select(one => (one.Id, one)).Concat(aliases.Select(alias => (alias, model))))
            {
                models = models.ContainsKey(name)
                    ? throw new ArgumentException($"Two models are called '{name}'. Give one another name: other={name}.")
                    : models.Add(name, target);
            }
            (_models, _listed) = (models, _listed.AddRange(added));
        }
    }

    /// <summary>Gives a model, or an adapter, a further name.</summary>
    /// <exception cref="ArgumentException">The name is taken, or there is no such model.</exception>
    public void AddAlias(string alias, string name)
    {
        lock (_lock)
        {
            if (!_models.TryGetValue(name, out ServedModel? model))
                throw new ArgumentException($"The alias '{alias}' stands for '{name}', which is no model here. There are {string.Join(", ", _listed.Select(one => one.Id))}.");
            if (_models.ContainsKey(alias))
                throw new ArgumentException($"The alias '{alias}' is the name of another model.");
            _models = _models.Add(alias, model);
        }
    }

    /// <summary>Says that all models are there.</summary>
    public void Complete() => _complete = true;

    /// <summary>The model of a name or alias.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out ServedModel? model) => _models.TryGetValue(name, out model);
}
